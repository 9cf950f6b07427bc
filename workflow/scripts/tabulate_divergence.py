"""Set the divergence of every head beside its importances, and collect each layer's distance."""

from pathlib import Path

from headcount.analysis.moved_heads import Measured, heads_table, layers_table
from headcount.jobs.command_line import arguments, mapping, paths
from headcount.store.tables import write_table
from headcount.store.tensors import read_divergence, read_importance


def main() -> None:
    args = arguments(
        __doc__, runs=mapping, divergences=paths, importances=paths, pretrain_importances=paths, heads=Path, layers=Path
    )
    files = zip(args.runs, args.divergences, args.importances, args.pretrain_importances, strict=True)
    measured = [
        Measured(run, *read_divergence(divergence)[:2], read_importance(own)[0], read_importance(pretrain)[0])
        for run, divergence, own, pretrain in files
    ]
    write_table(args.heads, heads_table(measured))
    write_table(args.layers, layers_table(measured))


if __name__ == "__main__":
    main()
