"""What of the registries a job may look at: a new entry beside that changes nothing for it."""

from __future__ import annotations

from headcount.criteria import OWN, RANDOM, TRANSFERRED
from headcount.freezing import in_path
from headcount.settings.study import Study
from headcount.study.about import About
from headcount.study.told import OPTIONS, told


def words(study: Study, rule: str, about: About) -> frozenset[str]:
    """Keys of registries that a job may look at: those it is about or told of; of any other kind, all the study's."""
    models = [about.model] if about.model else study.models
    named = told(study, rule, about, {"unit", "criterion"} & set(OPTIONS[rule]))
    languages = [RANDOM] if study.multilingual_model else []
    unit, criterion = about.unit or named.get("unit"), about.criterion or named.get("criterion")
    return frozenset(
        [
            *(study.encoders[model].family for model in models),
            *([about.task] if about.task else study.all_tasks),
            *([about.norm] if about.norm else [*study.norms, "none"]),
            *([unit] if unit else ["head", *study.layers.units, *(["layer_heads"] if study.multilingual_model else [])]),
            *([criterion] if criterion else [OWN, TRANSFERRED, *study.layers.criteria, *languages]),
            *([about.figure] if about.figure else []),
            *([about.arm] if about.arm else map(in_path, study.freezing.arms)),
            *(str(found.source) for model in models if (found := study.encoders[model].fetched)),
            study.glue.source,
            study.corpus.source,
            study.importance.estimator,
            study.transfer.crossing,
        ]
    )
