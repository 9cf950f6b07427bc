"""Measure how far fine-tuning moved each matrix's weights in the order of their magnitudes."""

from pathlib import Path

import numpy as np

from headcount import encoders
from headcount.analysis.movement import movement
from headcount.jobs.command_line import arguments, mapping, run, typed
from headcount.jobs.inputs import payload
from headcount.settings.job_settings import RunName
from headcount.store.tables import write_table


def matrices(directory: Path, purpose: str) -> dict[str, np.ndarray]:
    model = encoders.load(directory, purpose)
    return {name: matrix.float().numpy() for name, matrix in encoders.matrices(model).items()}


def main() -> None:
    args = arguments(__doc__, run=typed(RunName), fractions=mapping, pretrained=payload, model=payload, movement=Path)
    name: RunName = args.run
    before = matrices(args.pretrained, "ForMaskedLM")
    after = matrices(args.model, "ForSequenceClassification")
    found = movement(before, after, sorted(args.fractions))
    keys = name.model_dump()
    write_table(args.movement, found.assign(**keys)[[*keys, *found.columns]])


if __name__ == "__main__":
    run(main)
