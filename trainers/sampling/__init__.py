"""Where the episodes of a training run are sampled."""
