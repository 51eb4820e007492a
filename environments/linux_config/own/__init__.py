"""Tasks of a user's own, in Harbor's layout."""
