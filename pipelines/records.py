"""What commands keep as JSON is read with care: a power cut, a full disk or an editor can leave anything there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pipelines.errors import NotReady

Kept = TypeVar("Kept", dict, list)  # type: ignore[type-arg]


def read_record(path: Path, kind: type[Kept], do: str) -> Kept:
    """Read a record.

    Parameters
    ----------
    path
        A file that is there.
    kind
        What it holds: an object or a list.
    do
        What makes it anew, for the error.

    Raises
    ------
    NotReady
        If it holds no JSON, or another kind.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, kind):
        raise NotReady(f"{path} is damaged", allowed="the file as churnlab left it", do=do)
    return found
