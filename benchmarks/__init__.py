"""Speed against the ways that people do this job today: ``python -m benchmarks``."""
