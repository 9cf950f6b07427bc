"""Say how many heads can go at some levels of the score, and which stay: two tables, and ``heads.md``.

``--orders`` and ``--outcomes`` are those of ``--curves``, in the same order.
"""

from pathlib import Path

from headcount.claims import Settings, Tables
from headcount.claims.reading import READERS, together
from headcount.claims.statistics import CONFIDENCE
from headcount.jobs.command_line import arguments, mapping, paths, run
from headcount.order.curve import units_in
from headcount.report.heads import markdown
from headcount.report.required import required_tables
from headcount.store.files import replacing
from headcount.store.tables import read_table, write_csv


def main() -> None:
    args = arguments(
        __doc__,
        settings=mapping,
        curves=paths,
        orders=paths,
        outcomes=paths,
        metrics=paths,
        required=Path,
        heads=Path,
        text=Path,
    )
    settings = Settings.of(args.settings)
    sources = [path.as_posix() for path in args.curves]
    tables = Tables(
        **{name: together(READERS[name], getattr(args, name), settings.study) for name in ("curves", "metrics")},
        orders=dict(zip(sources, map(units_in, map(read_table, args.orders)), strict=True)),
        outcomes=dict(zip(sources, map(read_table, args.outcomes), strict=True)),
    )
    required, heads = required_tables(tables, settings)
    write_csv(args.required, required)
    write_csv(args.heads, heads)
    with replacing(args.text) as temporary:
        temporary.write_text(markdown(required, heads, settings.study, CONFIDENCE), encoding="utf-8")


if __name__ == "__main__":
    run(main)
