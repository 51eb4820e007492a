"""The same tasks under a grid of models, precisions and ways to sample."""
