"""The kinds of destinations that there are, found by the names of their files."""

from __future__ import annotations

import importlib
import pkgutil

from pipelines.destinations import kinds
from pipelines.destinations.destination import Destination

KINDS = tuple(sorted(info.name for info in pkgutil.iter_modules(kinds.__path__)))
"""Names of all kinds, in alphabetical order."""


def kind_named(name: str) -> type[Destination]:
    """Give the class of a kind."""
    module = importlib.import_module(f"{kinds.__name__}.{name}")
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Destination) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise ValueError(f"{module.__name__} declares {len(found)} destinations; a file holds one")
    return found[0]
