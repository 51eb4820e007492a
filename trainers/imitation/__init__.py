"""What a supervised run imitates."""
