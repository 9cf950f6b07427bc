"""headcount: how many attention heads of a pre-trained encoder can be laid off, and do its tasks agree on which?"""
