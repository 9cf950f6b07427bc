"""Judge the papers' claims by the tables of a study; a table that is not given is one that the study does not have.

``--outcomes`` and ``--orders`` are those of ``--curves``, in the same order; ``--answers``, the outcomes of fine-tuned models.
``--ablation-outcomes`` are those of ``--ablations``, in the same order. ``--weight-outcomes``, each of a model that was pruned
weight by weight and trained, say themselves whose they are; so do ``--language-outcomes``, several trials a file, and
``--removal-outcomes``, those of models that lost heads, and of whole ones.
"""

from pathlib import Path

from headcount.claims import Settings, Tables, judge, markdown, printable
from headcount.claims.reading import READERS, answered, removed, together, trained, trials
from headcount.jobs.command_line import any_paths, arguments, mapping, run
from headcount.order.curve import units_in
from headcount.store.files import replacing, write_json
from headcount.store.tables import read_table

BESIDE_TABLES = ("outcomes", "orders", "answers", "ablation_outcomes")
DESCRIBED = ("weight_outcomes", "language_outcomes", "removal_outcomes")
"""Options whose files say themselves whose they are."""


def main() -> None:
    beside = dict.fromkeys((*BESIDE_TABLES, *DESCRIBED), any_paths)
    args = arguments(__doc__, settings=mapping, claims=Path, **dict.fromkeys(READERS, any_paths), **beside)
    settings = Settings.of(args.settings)
    sources, ablations = ([path.as_posix() for path in paths] for paths in (args.curves, args.ablations))
    tables = Tables(
        **{name: together(read, getattr(args, name), settings.study) for name, read in READERS.items()},
        outcomes=dict(zip(sources, map(read_table, args.outcomes), strict=True)),
        orders=dict(zip(sources, map(units_in, map(read_table, args.orders)), strict=True)),
        answers={answered(path): read_table(path) for path in args.answers},
        ablation_outcomes=dict(zip(ablations, map(read_table, args.ablation_outcomes), strict=True)),
        weight_outcomes={trained(path): read_table(path) for path in args.weight_outcomes},
        language_outcomes=trials(args.language_outcomes),
        removal_outcomes={removed(path): read_table(path) for path in args.removal_outcomes},
    )
    verdicts = judge(tables, settings)
    write_json(args.claims, verdicts.as_json())
    with replacing(args.claims.with_suffix(".md")) as temporary:
        temporary.write_text(markdown(verdicts), encoding="utf-8")
    print(printable(verdicts))


if __name__ == "__main__":
    run(main)
