"""What became of a run: before and after, and its page."""
