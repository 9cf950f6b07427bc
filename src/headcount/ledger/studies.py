"""Which studies the config files describe, where their results are, and which of them is meant."""

from __future__ import annotations

from pathlib import Path

from headcount.ledger import dvc as cache
from headcount.ledger.dvc import CacheError
from headcount.ledger.verifying import manifests
from headcount.settings.files import ConfigError, load
from headcount.settings.study import Study
from headcount.study.layout import Layout

BASE = Path("config/config.yaml")


def read(*paths: Path) -> Study:
    """The study in config files that are laid over the paper's, as Snakemake does."""
    return load(BASE, *(path for path in paths if path != BASE))


def configs() -> dict[Path, Study]:
    """The studies that the files in ``config/`` describe."""
    found = {}
    for path in sorted(BASE.parent.glob("*.yaml")):
        try:
            found[path] = read(path)
        except ConfigError:
            continue
    return found


def results_of(study: Study) -> list[Path]:
    """The folders of a study's results: its base's, and its own."""
    return [Path(folder) for folder in Layout(study.study, study.base).folders]


def chosen_configs() -> tuple[Path, ...]:
    """The config whose study is to be published when nobody says which: the one that ``dvc.yaml`` names, or the only one.

    Raises:
        CacheError: no study has results here, or several have and none of them is named.
    """
    named = cache.named_configs()
    if all(path.is_file() for path in named) and has_results(read(*named)):
        return named
    built = [path for path, study in configs().items() if has_results(study)]
    if not built:
        raise CacheError("no study of config/ has results here; run one first, for example: make miniature")
    if len(built) > 1:
        commands = "".join(f"\n  make publish CONFIG={path}" for path in built)
        raise CacheError(f"several studies have results here; say which one:{commands}")
    return (built[0],)


def has_results(study: Study) -> bool:
    return any(True for folder in results_of(study) for _ in manifests(folder))
