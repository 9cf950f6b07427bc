"""The modelling file beside a smaller model's weights: what builds the model again where this package is not installed.

It is the source of ``headcount.units.cutting`` word for word, the family's cut as plain data, and a subclass of each class of
Transformers that the model can be loaded as.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from string import Template

from headcount.families import family_of
from headcount.units import cutting
from headcount.units.heads import KEPT

NAME = "modeling_headcount"
WHOLE = "headcount_whole_heads"
"""Key of a small model's configuration: how many heads each layer had before any was removed."""
PREFIX = "headcount-"
"""What a small model's ``model_type`` begins with; a plain class's own name would load it without its modelling file."""
REFUSAL = "heads were removed from this model: load it with an Auto class and trust_remote_code=True"
"""Stands in a small model's configuration where plain classes look for the number of heads, so that they refuse it aloud."""

AUTO = {
    "Model": "AutoModel",
    "ForMaskedLM": "AutoModelForMaskedLM",
    "ForSequenceClassification": "AutoModelForSequenceClassification",
    "ForTokenClassification": "AutoModelForTokenClassification",
    "ForQuestionAnswering": "AutoModelForQuestionAnswering",
    "ForMultipleChoice": "AutoModelForMultipleChoice",
}
"""What a model is for, as the names of classes end, and the Auto class that loads it."""
OLDEST = (5, 17)
"""The oldest release of Transformers in which smaller models of every family were seen to be exact."""
FURTHER = ("ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering", "ForMultipleChoice")
"""What a model without a task's head can be trained for."""

_HEADER = """\
# Written by headcount beside the weights of an encoder that attention heads were removed from. It needs torch and transformers
# alone. First comes the code that removed the heads, word for word, then this model's classes: each is built whole, and cut as
# config.json says, before it gets its weights.

"""

_CLASSES = Template('''

from transformers import __version__  # noqa: E402
from transformers.models.${module}.configuration_${module} import ${prefix}Config  # noqa: E402
from transformers.models.${module}.modeling_${module} import (  # noqa: E402
${imports}
)

if tuple(int(part) for part in __version__.split(".")[:2]) < (${oldest}):
    raise ImportError(f"this model needs transformers ${release} or newer; here is {__version__}")

WHERE = Cut(
${cut}
)
KEPT = "${kept}"
WHOLE = "${whole}"
HEADS = "${heads}"
REFUSAL = "${refusal}"


class Headcount${prefix}Config(${prefix}Config):
    """Lists the original numbers of the heads that each layer has left, and says how many a layer had."""

    model_type = "${model_type}"

    def __init__(self, **settings):
        if WHOLE in settings:
            settings[HEADS] = settings.pop(WHOLE)
        super().__init__(**settings)

    def to_dict(self):
        settings = super().to_dict()
        if KEPT in settings:
            settings[WHOLE], settings[HEADS] = settings[HEADS], REFUSAL
        return settings


class _WithoutHeads:
    config_class = Headcount${prefix}Config

    def __init__(self, config, *args, **kwargs):
        super().__init__(config, *args, **kwargs)
        layers = getattr(self, "${body}", self).get_submodule("${blocks}").children()
        for layer, stay in zip(layers, getattr(config, KEPT), strict=True):
            cut(layer, WHERE, stay, config.hidden_size // config.num_attention_heads)
''')

_CLASS = Template('''

class Headcount${name}(_WithoutHeads, ${name}):
    """``${name}`` with the heads that it has left."""
''')


def class_name(model_type: str, ending: str) -> str:
    """The name in the modelling file of the class for what a model is for, or of its configuration (``Config``)."""
    return f"Headcount{family_of(model_type).prefix}{ending}"


def loadable(model_type: str, purpose: str) -> list[str]:
    """What a model that was saved for ``purpose`` can be loaded for: its body; that; and, where it has no task, any.

    Raises:
        ValueError: no Auto class is known for such a model.
    """
    kind = family_of(model_type)
    if purpose not in AUTO:
        raise ValueError(
            f"{kind.prefix}{purpose} cannot be saved: allowed are {', '.join(kind.prefix + each for each in AUTO)}"
        )
    wanted = dict.fromkeys(("Model", purpose, *(FURTHER if purpose in ("Model", "ForMaskedLM") else ())))
    return [each for each in wanted if _has_class(model_type, each)]


def auto_map(model_type: str, purposes: Sequence[str]) -> dict[str, str]:
    """Which Auto class finds what in the modelling file."""
    found = {AUTO[purpose]: class_name(model_type, purpose) for purpose in purposes}
    return {auto: f"{NAME}.{name}" for auto, name in {"AutoConfig": class_name(model_type, "Config"), **found}.items()}


def modelling_file(model_type: str, purposes: Sequence[str]) -> str:
    """Its text, for a model of this type that can be loaded for these purposes."""
    kind = family_of(model_type)
    names = [kind.prefix + purpose for purpose in purposes]
    common = _CLASSES.substitute(
        module=model_type.replace("-", "_"),
        model_type=PREFIX + model_type,
        prefix=kind.prefix,
        imports="\n".join(f"    {name}," for name in sorted(names)),
        cut="\n".join(f"    {name}={json.dumps(value)}," for name, value in kind.cut.items()),
        body=kind.body,
        blocks=kind.blocks,
        heads=heads_key(model_type),
        kept=KEPT,
        whole=WHOLE,
        refusal=REFUSAL,
        oldest=", ".join(map(str, OLDEST)),
        release=".".join(map(str, OLDEST)),
    )
    code = Path(cutting.__file__).read_text(encoding="utf-8").rstrip() + "\n"
    return _HEADER + code + common + "".join(_CLASS.substitute(name=name) for name in names)


def heads_key(model_type: str) -> str:
    """What this family's configuration calls the number of heads."""
    return family_of(model_type).names.get("num_attention_heads", "num_attention_heads")


def _has_class(model_type: str, purpose: str) -> bool:
    try:
        family_of(model_type).model_class(model_type, purpose)
    except AttributeError:
        return False
    return True
