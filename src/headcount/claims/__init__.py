"""A verdict on each of the paper's claims, computed from the tables of a study alone; ``judge`` gives them all."""

from headcount.claims.judge import judge, judge_claim
from headcount.claims.settings import Settings
from headcount.claims.tables import Answered, Tables, Trained
from headcount.claims.verdicts import Claim, Part, Verdicts, schema
from headcount.claims.writing import markdown, printable

__all__ = [
    "Answered",
    "Claim",
    "Part",
    "Settings",
    "Tables",
    "Trained",
    "Verdicts",
    "judge",
    "judge_claim",
    "markdown",
    "printable",
    "schema",
]
