"""Set the divergence of every head beside its importances, and collect each layer's distance."""

from pathlib import Path

from headcount.analysis.moved_heads import Measured, heads_table, layers_table
from headcount.data.tasks import MASKED_LM
from headcount.jobs.command_line import any_paths, arguments, paths, run
from headcount.store.tables import write_table
from headcount.store.tensors import read_divergence, read_importance


def main() -> None:
    args = arguments(__doc__, study=str, divergences=paths, importances=any_paths, heads=Path, layers=Path)
    importances = {}
    for path in args.importances:
        importance, about = read_importance(path)
        importances[about["model"], about["task"], about["seed"]] = importance
    measured = []
    for path in args.divergences:
        moved, about = read_divergence(path)
        model, task, seed = about["model"], about["task"], about["seed"]
        beside = importances.get((model, task, seed)), importances.get((model, MASKED_LM, seed))
        run = {"study": args.study, "model": model, "task": task, "seed": seed}
        measured.append(Measured(run, moved, *beside))
    write_table(args.heads, heads_table(measured))
    write_table(args.layers, layers_table(measured))


if __name__ == "__main__":
    run(main)
