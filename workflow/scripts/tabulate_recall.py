"""How well the pre-train task's required units cover those of each downstream task, and how far any two runs agree."""

from pathlib import Path

import pandas as pd

from headcount.analysis.agreement import agreement_table
from headcount.analysis.recall import recall_table
from headcount.analysis.runs import Run
from headcount.data.tasks import MASKED_LM
from headcount.jobs.command_line import arguments, paths, run, typed
from headcount.settings.measures import Transfer
from headcount.store.tables import read_metrics, read_table, write_csv, write_table
from headcount.store.tensors import read_importance


def run_of(curve_file: Path, order_file: Path, importance_file: Path, metrics: pd.DataFrame) -> Run:
    curve = read_table(curve_file)
    scores = None if curve["task"].iloc[0] == MASKED_LM else metrics
    return Run.of(curve, read_table(order_file), read_importance(importance_file)[0], scores)


def write(table: pd.DataFrame, path: Path) -> None:
    write_table(path, table)
    write_csv(path.with_suffix(".csv"), table)


def main() -> None:
    args = arguments(
        __doc__,
        study=str,
        settings=typed(Transfer),
        curves=paths,
        orders=paths,
        importances=paths,
        metrics=paths,
        recall=Path,
        agreement=Path,
    )
    settings: Transfer = args.settings
    metrics = read_metrics(args.metrics, args.study)
    runs = [run_of(*files, metrics) for files in zip(args.curves, args.orders, args.importances, strict=True)]
    pretrain = [run for run in runs if run.task == MASKED_LM]
    downstream = [run for run in runs if run.task != MASKED_LM]
    covered = downstream if pretrain else []  # of a study that leaves masked LM out
    write(recall_table(pretrain, covered, settings.levels, settings.downstream_level), args.recall)
    write(agreement_table(runs, settings.downstream_level, settings.crossing), args.agreement)


if __name__ == "__main__":
    run(main)
