"""What stops a run before it wastes hours or spoils its weights."""
