"""Playing for a trainer: which tasks, in which groups, and as which rows."""
