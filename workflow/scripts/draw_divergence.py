"""Draw figure 4, what fine-tuning moves layer by layer, and the same head by head."""

from pathlib import Path

from headcount.figures.divergence_maps import divergence_maps
from headcount.figures.layers import divergence_figure
from headcount.figures.style import save, save_table
from headcount.jobs.command_line import arguments, paths, settings
from headcount.store.tables import read_metrics, read_table


def main() -> None:
    args = arguments(__doc__, heads=Path, layers=Path, metrics=paths, study=settings, output=Path, maps=Path)
    study, heads, collapsed = args.study, read_table(args.heads), read_metrics(args.metrics)
    drawn = {
        args.output: divergence_figure(heads, read_table(args.layers), study.models, study.tasks, collapsed=collapsed),
        args.maps: divergence_maps(heads, study.models, study.tasks, collapsed=collapsed),
    }
    for path, (figure, table) in drawn.items():
        save(figure, path.with_suffix(""))
        save_table(table, path.with_suffix(""))


if __name__ == "__main__":
    main()
