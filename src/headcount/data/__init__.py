"""Tasks, sources, corpus: what is read, and how it becomes tokens."""
