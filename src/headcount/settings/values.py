"""Values that a config may hold, refused with a message that says what is allowed."""

from __future__ import annotations

import reprlib
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError, core_schema

from headcount.criteria import CRITERIA, can_rank
from headcount.criteria.estimators import ESTIMATORS
from headcount.families import FAMILIES
from headcount.freezing import ARMS
from headcount.order.norms import NORMS
from headcount.units import UNITS

T = TypeVar("T")


def _no_repeats(values: list[T]) -> list[T]:
    repeated = [value for value, count in Counter(values).items() if count > 1]
    if repeated:
        raise ValueError(f"{repeated[0]!r} stands more than once; each may stand once")
    return values


def _plain_value(value: Any) -> Any:
    if not isinstance(value, (int, float, str)):
        raise ValueError(f"should be a number, a text, true or false; given: {reprlib.repr(value)}")
    return value


@dataclass(frozen=True)
class OneOf:
    """A text that is one of these names: what a ``Literal`` of them would be, for names that stand in a registry."""

    names: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.literal_schema(list(self.names))


Norm = Annotated[str, OneOf(tuple(NORMS))]
Estimator = Annotated[str, OneOf(tuple(ESTIMATORS))]
Arm = Annotated[str, OneOf(tuple(arm.title for arm in ARMS.values()))]
FamilyName = Annotated[str, OneOf(tuple(FAMILIES))]
LayerUnit = Annotated[str, OneOf(tuple(name for name, unit in UNITS.items() if not unit.within_layers))]
LayerCriterion = Annotated[str, OneOf(tuple(name for name in CRITERIA if can_rank(name, "layer")))]
Fraction = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Decay = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(gt=0)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]  # NumPy takes no other
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Task = Name
"""A task's name; the study checks that it has one of that name."""
PlainValue = Annotated[Any, PlainValidator(_plain_value, json_schema_input_type=float | str | bool)]
Distinct = Annotated[list[T], Field(min_length=1, json_schema_extra={"uniqueItems": True}), AfterValidator(_no_repeats)]
Chosen = Annotated[list[T], Field(json_schema_extra={"uniqueItems": True}), AfterValidator(_no_repeats)]


class Strict(BaseModel):
    """Unknown keys are refused, values are not converted, and nothing changes once read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, serialize_by_alias=True)

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, given: Any) -> Any:
        """Say which keys are allowed, as Pydantic's own refusals do not."""
        if isinstance(given, cls):
            return given
        keys = [each.alias or own for own, each in cls.model_fields.items()]
        allowed = ", ".join(keys)
        if not isinstance(given, dict):
            raise PydanticCustomError("no_mapping", f"should be a mapping with keys among: {allowed}")
        for key in given:
            if key not in keys:
                raise PydanticCustomError("unknown_key", f"unknown key; allowed: {allowed}", {"key": str(key)})
        return given

    @field_validator("*")
    @classmethod
    def _keep_other_defaults(cls, value: Any, field: ValidationInfo) -> Any:
        """A mapping given in part keeps the default of its other keys, as where two config files are merged."""
        default = cls.model_fields[str(field.field_name)].default
        return {**default, **value} if isinstance(value, dict) and isinstance(default, dict) else value


def first_fault(error: ValidationError) -> tuple[list[str], str]:
    """The path of the first key at fault, and what is wrong there."""
    first = error.errors()[0]
    path = [str(part) for part in first["loc"] if part != "[key]"]
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if first["type"] == "missing":
        return path, "missing"
    if first["type"] == "unknown_key":
        return [*path, first["ctx"]["key"]], message
    if "[key]" in first["loc"]:
        return path, f"unknown key; {message}"
    if first["type"] == "float_type" and isinstance(first["input"], str):
        message += " (YAML takes 1e-5 for text: write 1.0e-5)"
    if first["type"] != "value_error":
        message += f"; given: {reprlib.repr(first['input'])}"
    return path, message
