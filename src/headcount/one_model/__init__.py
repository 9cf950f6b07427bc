"""One model, one task, one answer: what ``import headcount`` and the command line are made of. No workflow is needed here."""
