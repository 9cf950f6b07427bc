"""Formats: manifests, tensors, tables. Every file format of a study stands here, and nowhere else."""
