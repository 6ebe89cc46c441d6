"""The guide to the configuration names every setting, no other, and the defaults that hold."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from pipelines.config import Project

HOME = Path(__file__).parents[2]
GUIDE = HOME / "docs" / "guides" / "configuration.md"
OWN_NAME = {
    "data.mapping.tables": "TABLE",
    "data.mapping.tables.TABLE.columns": "COLUMN",
    "validate.expectations": "TABLE",
}


def test_every_setting_is_in_the_guide() -> None:
    assert described() == set(settings(Project))


def test_defaults_in_the_guide_are_those_of_base_yaml() -> None:
    base = flattened(yaml.safe_load((HOME / "conf" / "base.yaml").read_text(encoding="utf-8")))
    told = {place: yaml.safe_load(default) for place, default in defaults_told().items() if place in base}
    assert told == base


def sections_of_guide() -> Iterator[tuple[list[str], list[str]]]:
    """The places that a heading names, and the cells of one row below it."""
    places: list[str] = []
    for line in GUIDE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            places = re.findall(r"`([^`]+)`", line)
        elif re.match(r"\| `", line):
            yield places or [""], [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def described() -> set[str]:
    return {
        f"{place}.{key}".lstrip(".")
        for places, cells in sections_of_guide()
        for place in places
        for key in re.findall(r"`([^`]+)`", cells[0])
    }


def defaults_told() -> dict[str, str]:
    return {
        f"{places[0]}.{cells[0].strip('`')}".lstrip("."): cells[1].strip("`") for places, cells in sections_of_guide()
    }


def settings(model: type[BaseModel], place: str = "") -> Iterator[str]:
    """Every place where a value may stand: dotted, with the names of the user's own as capitals."""
    for name, field in model.model_fields.items():
        key = f"{place}.{field.alias or name}".lstrip(".")
        inner = list(models_in(field.annotation, key))
        yield from (found for each, inner_place in inner for found in settings(each, inner_place))
        if not is_section(field.annotation):
            yield key


def is_section(annotation: Any) -> bool:
    """Whether a setting is one further level, not a value, a list or a map of the user's own names."""
    return any(
        isinstance(part, type) and issubclass(part, BaseModel) for part in (annotation, *typing.get_args(annotation))
    )


def models_in(annotation: Any, place: str) -> Iterator[tuple[type[BaseModel], str]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, place
        return
    if isinstance(annotation, types.GenericAlias) and annotation.__origin__ is dict:
        place = f"{place}.{OWN_NAME.get(place, 'NAME')}"
    for part in typing.get_args(annotation):
        yield from models_in(part, place)


def flattened(content: dict[str, Any]) -> dict[str, Any]:
    """Settings of a YAML by dotted place; an inner dictionary that is no section stays a value."""
    known, found = set(settings(Project)), {}
    for key, value in content.items():
        if isinstance(value, dict) and key not in known:
            found.update({f"{key}.{inner}": each for inner, each in value.items()})
        else:
            found[key] = value
    return found
