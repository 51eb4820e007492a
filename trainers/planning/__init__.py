"""What a run will take of memory, before any weight is loaded."""
