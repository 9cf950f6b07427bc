"""What of the registries a job may look at: a new entry beside that changes nothing for it."""

from __future__ import annotations

from headcount.criteria import OWN, RANDOM, TRANSFERRED
from headcount.freezing import in_path
from headcount.settings.study import Study
from headcount.study.about import About


def words(study: Study, rule: str, about: About) -> frozenset[str]:
    """Keys of registries that a job may look at: those it is about or told of; of any other kind, all the study's."""
    models = [about.model] if about.model else study.models
    languages = [RANDOM] if study.multilingual_model else []
    return frozenset(
        [
            *(study.encoders[model].family for model in models),
            *([about.task] if about.task else study.all_tasks),
            *(study.metric_of(task) for task in ([about.task] if about.task else study.tasks) if task in study.tasks),
            *([about.norm] if about.norm else [*study.norms, "none"]),
            *(
                [about.unit]
                if about.unit
                else ["head", *study.layers.units, *(["layer_heads"] if study.multilingual_model else [])]
            ),
            *([about.criterion] if about.criterion else [OWN, TRANSFERRED, *study.layers.criteria, *languages]),
            *([about.figure] if about.figure else []),
            *([about.arm] if about.arm else map(in_path, study.freezing.arms)),
            *(str(found.source) for model in models if (found := study.encoders[model].fetched)),
            study.glue.source,
            *([study.corpus.source] if study.corpus else []),
            study.importance.estimator,
            study.transfer.crossing,
        ]
    )
