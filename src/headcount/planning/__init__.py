"""What a study will cost, worked out from its config alone: jobs, tokens, floating-point operations, hours."""
