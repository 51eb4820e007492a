"""What a run keeps of itself as it goes."""
