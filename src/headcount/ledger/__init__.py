"""What was made of what: Snakemake's records, provenance, verification, DVC."""
