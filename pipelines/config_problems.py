"""What is wrong with a configuration, in words: the place, what was given, what is known there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.ingest.nearest import nearest, shown

Variants = Mapping[str, Any]


def described(problem: Any, model: Any, variants: Variants) -> str:
    """Say one problem that Pydantic found.

    Parameters
    ----------
    problem
        One entry of ``ValidationError.errors()``.
    model
        The model of the whole configuration.
    variants
        Models of a union by the tag that Pydantic puts into a place and the user never wrote.
    """
    place = ".".join(str(part) for part in problem["loc"] if part not in variants)
    if problem["type"] == "extra_forbidden":
        known = _known_keys(problem["loc"][:-1], model, variants)
        name = str(problem["loc"][-1])
        if name not in known and (elsewhere := sorted(_places_of(name, model))):
            return f"unknown key '{place}' (there is {shown(elsewhere)})"
        return f"unknown key '{place}' (known here: {nearest(name, known)})"
    if problem["type"] == "missing":
        return f"'{place}' is missing"
    found = problem.get("input")
    given = f", got {found!r}" if isinstance(found, str | int | float | bool) else ""
    return f"'{place}': {problem['msg'].removeprefix('Value error, ')}{given}"


def _known_keys(place: tuple[Any, ...], model: Any, variants: Variants) -> list[str]:
    """Field names of the model that an unknown key was found in."""
    for part in place:
        model = variants.get(part) or _field(model, part) or model
    fields = getattr(model, "model_fields", {})
    return sorted(field.alias or name for name, field in fields.items())


def _places_of(name: str, model: Any, above: str = "") -> Iterator[str]:
    """Find the sections of the configuration that have a key of this name."""
    for own, field in getattr(model, "model_fields", {}).items():
        if above and name in (own, field.alias):
            yield f"{above}{name}"
        annotation = field.annotation
        if hasattr(annotation, "model_fields"):
            yield from _places_of(name, annotation, f"{above}{field.alias or own}.")


def _field(model: Any, part: Any) -> Any:
    for name, field in getattr(model, "model_fields", {}).items():
        if part in (name, field.alias):
            return _model_in(field.annotation)
    return None


def _model_in(annotation: Any) -> Any:
    if hasattr(annotation, "model_fields"):
        return annotation
    found = (_model_in(inner) for inner in getattr(annotation, "__args__", ()))
    return next((model for model in found if model is not None), None)
