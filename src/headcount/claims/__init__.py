"""A verdict on each of the paper's claims, computed from the tables of a study alone; ``judge`` gives them all."""

from headcount.claims.judge import judge, judge_claim
from headcount.claims.keys import Answered, Removed, Trained, Trial
from headcount.claims.settings import Settings
from headcount.claims.tables import Tables
from headcount.claims.verdicts import Claim, Part, Verdicts, schema
from headcount.claims.writing import markdown, printable

__all__ = [
    "Answered",
    "Claim",
    "Part",
    "Removed",
    "Settings",
    "Tables",
    "Trained",
    "Trial",
    "Verdicts",
    "judge",
    "judge_claim",
    "markdown",
    "printable",
    "schema",
]
