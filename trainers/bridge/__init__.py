"""The seams with TRL, transformers and Accelerate."""
