"""Asking a network: batches, and examples with their losses and scores."""
