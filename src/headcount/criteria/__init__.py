"""What ranks units: which are to go first."""
