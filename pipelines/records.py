"""What commands keep as JSON is read with care: a power cut, a full disk or an editor can leave anything there."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from pipelines.errors import NotReady

Kept = TypeVar("Kept")


def read_record(path: Path, kind: type[Kept], do: str) -> Kept:
    """Read a record.

    Parameters
    ----------
    path
        A file that is there.
    kind
        What it holds, a type as deep as its readers reach: of a typed dictionary or a dataclass each field is looked
        for, and one that it does not name is let through.
    do
        What makes it anew, for the error.

    Raises
    ------
    NotReady
        If it holds no JSON, or another kind; the key is named.
    """
    try:
        return TypeAdapter(kind).validate_json(path.read_bytes(), strict=True, extra="allow")
    except ValidationError as error:
        raise NotReady(f"{path} is damaged{_said(error)}", allowed="the file as churnlab left it", do=do) from None


def _said(error: ValidationError) -> str:
    """Name the first key that is wrong, where it is a key and not the whole; another version may write others."""
    problem = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(map(str, problem["loc"]))
    wrong = "is missing" if problem["type"] == "missing" else f"is not right ({problem['msg'].lower()})"
    return f", or of another version: its key {key} {wrong}" if key else ""
