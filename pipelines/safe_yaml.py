"""YAML as plain data: mappings, lists, texts and numbers."""

from __future__ import annotations

from typing import Any

import yaml

LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader, the one in C where it was built: ten times as fast."""


def parsed(text: str) -> Any:
    """Read a document.

    Raises
    ------
    yaml.YAMLError
        If it is no YAML.

    Examples
    --------
    >>> parsed("train: {trials: 20}")
    {'train': {'trials': 20}}
    """
    return yaml.load(text, Loader=LOADER)
