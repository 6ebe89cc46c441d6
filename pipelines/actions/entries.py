"""Definitions in YAML, one named entry each, read with file and line of every part for errors that lead there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from pipelines.config_problems import described
from pipelines.errors import ConfigError
from pipelines.safe_yaml import LOADER, parsed

Place = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Entry:
    """A named definition.

    Parameters
    ----------
    name
        Its name.
    content
        What it says.
    origin
        File and line of every part, by its place below the name.
    """

    name: str
    content: Mapping[str, Any]
    origin: Mapping[Place, str]

    def where(self, *place: str | int) -> str:
        """Give file and line of a part, or of the nearest part around it."""
        while place and place not in self.origin:
            place = place[:-1]
        return self.origin[place]

    def over(self, below: Entry) -> Entry:
        """Put this entry on top of another: what it says counts, the rest is as below."""
        return replace(self, content={**below.content, **self.content}, origin={**below.origin, **self.origin})

    def refusal(self, error: ConfigError, *place: str | int) -> ConfigError:
        """Lead an error to the part that it is about."""
        return ConfigError(f"{self.where(*place)}: {self.name}: {error.given}", allowed=error.allowed, do=error.do)


def read_entries(folders: Iterable[Path]) -> Iterator[Entry]:
    """Read every entry of the YAML files in folders, folder by folder, files by name; missing folders hold none.

    Raises
    ------
    ConfigError
        If a file is no YAML, repeats a key, or holds anything but names with their parts.
    """
    for folder in folders:
        seen: dict[str, str] = {}
        for file in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
            for entry in _read(file):
                if entry.name in seen:
                    raise ConfigError(f"{entry.where()}: {entry.name} is already defined in {seen[entry.name]}")
                seen[entry.name] = entry.where()
                yield entry


def checked(model: type[Model], entry: Entry) -> Model:
    """Check an entry against its model.

    Raises
    ------
    ConfigError
        With file and line of the first part that is wrong, and the nearest names of an unknown one.
    """
    try:
        return model.model_validate(dict(entry.content))
    except ValidationError as error:
        # A part that nobody knows says more than one that is missing, perhaps for being misspelt.
        problem = min(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
        said = described(problem, model, {})
        raise ConfigError(f"{entry.where(*problem['loc'])}: {entry.name}: {said}", do="mend that line") from error


def _read(file: Path) -> Iterator[Entry]:
    try:
        text = file.read_text(encoding="utf-8")
        node, content = yaml.compose(text, Loader=LOADER), parsed(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not valid YAML: {' '.join(str(error).split())}", do="mend that line") from error
    if node is None:
        return
    lines = dict(_lines(node, file, ()))
    if not isinstance(content, dict):
        raise ConfigError(f"{file} holds a {type(content).__name__}", allowed="names, each with its parts below")
    for name, parts in content.items():
        if not isinstance(name, str) or not isinstance(parts, dict):
            raise ConfigError(f"{lines[(name,)]}: {name} holds no parts", allowed="a name with its parts below it")
        yield Entry(name, parts, {place[1:]: where for place, where in lines.items() if place[:1] == (name,)})


def _lines(node: Any, file: Path, place: Place) -> Iterator[tuple[Place, str]]:
    """Give file and line of every key and item; refuse a key that stands twice, of which YAML would keep the last."""
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            where = f"{file}:{key.start_mark.line + 1}"
            if key.value in seen:
                raise ConfigError(f"{where}: '{key.value}' stands there twice", do="keep one")
            seen.add(key.value)
            yield (*place, key.value), where
            yield from _lines(value, file, (*place, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield (*place, position), f"{file}:{item.start_mark.line + 1}"
            yield from _lines(item, file, (*place, position))
