"""What a study consists of: where each file lies, which job makes it, and what that job is told."""
