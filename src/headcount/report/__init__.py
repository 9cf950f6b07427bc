"""The page of a study: its verdicts, figures, tables, settings and cost in one self-contained HTML file, from tables alone."""
