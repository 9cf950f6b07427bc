"""Write the study's page: one self-contained HTML file."""

from pathlib import Path

from headcount.jobs.command_line import any_paths, arguments, mapping, paths, run
from headcount.report.page import render
from headcount.report.sources import read
from headcount.store.files import replacing


def main() -> None:
    args = arguments(
        __doc__,
        settings=mapping,
        claims=Path,
        required=any_paths,
        required_heads=any_paths,
        figures=paths,
        scores=Path,
        reliability=any_paths,
        freezing=any_paths,
        manifests=paths,
        benchmarks=any_paths,
        page=Path,
    )
    sources = read(
        args.settings,
        claims=args.claims,
        figures=args.figures,
        scores=args.scores,
        reliability=next(iter(args.reliability), None),
        freezing=next(iter(args.freezing), None),
        required=next(iter(args.required), None),
        required_heads=next(iter(args.required_heads), None),
        benchmarks=args.benchmarks,
        manifests=args.manifests,
    )
    with replacing(args.page) as temporary:
        temporary.write_text(render(sources), encoding="utf-8")


if __name__ == "__main__":
    run(main)
