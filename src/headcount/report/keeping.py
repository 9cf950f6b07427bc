"""The small files of a finished study, copied to where git keeps them: all that `make results` writes its documents from.

``python -m headcount.report.keeping docs/studies results/laptop …``. A path of the machine that ran the study is kept as its
last name: where a copy of public data lay there is nothing that a reader could use.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from headcount.report.cost import processors
from headcount.report.sources import jobs
from headcount.study.layout import BENCHMARKS

KEPT = (
    "*.csv",
    "figures/*.csv",
    "*/*.csv",
    "claims.json",
    "corpus.json",
    "tasks/*.json",
    "*/pretrained.json",
    "*/pretrained/config.json",
)
PLACE = re.compile(r"(?<![\w./:])(?:/[^\s/,]+)*/([^\s/,]+)")
"""An absolute path, and its last name."""
TIMES = "times.csv"
"""Rule, jobs, seconds: the sum of what Snakemake measured of each job."""
PROCESSORS = "processors.csv"
"""Kind of CPU that trained networks, and how many of the artifacts it made."""


def keep(study: Path, place: Path) -> None:
    """Copy what is small and said of a study in ``results/<name>`` to ``place``, in place of what lay there."""
    if place.exists():
        shutil.rmtree(place)
    for path in sorted({path for pattern in KEPT for path in study.glob(pattern)}):
        target = place / path.relative_to(study)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".json":
            content = without_places(json.loads(path.read_text(encoding="utf-8")))
            target.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        else:
            shutil.copyfile(path, target)
    jobs(sorted((study / BENCHMARKS).rglob("*.tsv"))).to_csv(place / TIMES, index=False)
    manifests = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(study.glob("*/**/*.json"))]
    counted = processors([manifest for manifest in manifests if isinstance(manifest, dict)])
    pd.DataFrame(counted.most_common(), columns=["processor", "artifacts"]).to_csv(place / PROCESSORS, index=False)


def without_places(content: Any) -> Any:
    """The same content with every absolute path cut to its last name."""
    if isinstance(content, dict):
        return {key: without_places(value) for key, value in content.items()}
    if isinstance(content, list):
        return [without_places(value) for value in content]
    return PLACE.sub(r"\1", content) if isinstance(content, str) else content


def main() -> None:
    place, *studies = map(Path, sys.argv[1:])
    for study in studies:
        keep(study, place / study.name)


if __name__ == "__main__":
    main()
