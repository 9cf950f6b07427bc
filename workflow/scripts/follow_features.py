"""When outlier features emerge: the LayerNorms and the masked LM of the models kept along a pre-training."""

from pathlib import Path

import pandas as pd

from headcount import encoders
from headcount.analysis.features import Bounds, emergence_rows
from headcount.jobs.command_line import arguments, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.models.snapshots import SNAPSHOTS
from headcount.networks.task_examples import ask
from headcount.progress import followed
from headcount.settings.job_settings import FollowSettings, RunName
from headcount.store.hardware import hardware
from headcount.store.tables import write_table
from headcount.units.features import norm_parameters


def main() -> None:
    args = arguments(
        __doc__,
        run=typed(RunName),
        settings=typed(FollowSettings),
        device=device,
        budget=int,
        model=payload,
        data=payload,
        emergence=Path,
    )
    name: RunName = args.run
    settings: FollowSettings = args.settings
    bounds = Bounds(**settings.bounds.model_dump())
    questions = ask(name.task, args.data, args.model, name.seed, settings.score)

    def rows(directory: Path) -> pd.DataFrame:
        model = encoders.load(directory, questions.purpose).to(args.device)
        answer = questions.examples.answer(model, args.budget)
        keys = {"study": name.study, "model": name.model, "step": int(directory.name)}
        return emergence_rows(*norm_parameters(model), bounds, {**keys, "loss": answer.loss, "recall": answer.score})

    kept = sorted((args.model / SNAPSHOTS).iterdir(), key=lambda path: int(path.name))
    write_table(args.emergence, pd.concat([rows(path) for path in followed("snapshots")(kept)]), **hardware())


if __name__ == "__main__":
    run(main)
