"""Write the study's page: one self-contained HTML file."""

from pathlib import Path

from headcount.jobs.command_line import arguments, mapping, paths
from headcount.report.page import render
from headcount.report.sources import read
from headcount.store.files import replacing


def main() -> None:
    args = arguments(
        __doc__,
        claims=Path,
        figures=paths,
        scores=Path,
        freezing=mapping,
        benchmarks=Path,
        manifests=paths,
        settings=mapping,
        output=Path,
    )
    sources = read(
        args.settings,
        claims=args.claims,
        figures=args.figures,
        scores=args.scores,
        freezing=args.freezing and Path(args.freezing),
        benchmarks=args.benchmarks,
        manifests=args.manifests,
    )
    with replacing(args.output) as temporary:
        temporary.write_text(render(sources), encoding="utf-8")


if __name__ == "__main__":
    main()
