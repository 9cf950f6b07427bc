"""What is computed from curves and networks: required heads, recall, agreement, divergence."""
