"""Set what removed heads cost beside the whole models' scores: in each language, and on each task of both models."""

from pathlib import Path

import pandas as pd

from headcount.analysis.crosslingual import RUN, languages_table, removals_table, whole_runs
from headcount.data.languages import Facts
from headcount.jobs.command_line import arguments, mapping, paths, run
from headcount.store.tables import read_metrics, read_table, write_csv, write_table


def main() -> None:
    files = dict.fromkeys(("scores", "pruned", "ordinary", "answers"), paths)
    args = arguments(__doc__, study=str, source=str, facts=mapping, **files, languages=Path, removals=Path)
    ordinary, pruned = (read_metrics(files, args.study) for files in (args.ordinary, args.pruned))
    rows = pd.concat(map(read_table, args.scores), ignore_index=True).assign(study=args.study)
    rows = rows.merge(ordinary[[*RUN, "collapsed"]], on=RUN, how="left", validate="many_to_one")
    facts = {code: Facts(**about) for code, about in args.facts.items()}
    whole = whole_runs(ordinary, list(map(read_table, args.answers)))
    tables = {
        args.languages: languages_table(rows, facts, args.source),
        args.removals: removals_table(pd.concat([whole, pruned], ignore_index=True)),
    }
    for path, table in tables.items():
        write_table(path, table)
        write_csv(path.with_suffix(".csv"), table)


if __name__ == "__main__":
    run(main)
