"""The model that is trained, and the adapter on it."""
