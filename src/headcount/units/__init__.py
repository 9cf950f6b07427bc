"""What can be removed from a model."""
