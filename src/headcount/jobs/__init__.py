"""What a job is around its science: command line, checked inputs, a card, a warm process, a fingerprint."""
