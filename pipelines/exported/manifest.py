"""The manifest of an export: what is in the folder, and the one door through which it is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipelines.errors import DataError

MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
SCHEMA_VERSION = 1
"""Raised when a reader of before could misread what is written now."""
LEFT_BY_PYTHON = "__pycache__"
NEEDED: Mapping[str, type] = {
    "project": str,
    "model": str,
    "version": str,
    "signals": list,
    "bands": dict,
    "valid_days": int,
    "flat": bool,
    "kinds": dict,
    "tables": list,
    "definitions": dict,
    "files": dict,
}
"""What readers ask of a manifest, and of which kind; beside it stands ``label``, which a flat table does not have."""
AGAIN = "export it again: churnlab export"


def write_manifest(folder: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    """Write the manifest over the files of a folder, and its own hash beside it; both come last.

    Parameters
    ----------
    folder
        The export, complete but for its manifest.
    content
        What the manifest says of the model.

    Returns
    -------
    dict
        The manifest: ``schema_version``, `content` and ``files`` with the SHA-256 of each.
    """
    files = {name: sha256(folder / name) for name in _names(folder)}
    manifest = {"schema_version": SCHEMA_VERSION, **content, "files": files}
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    (folder / SEAL).write_text(f"{sha256(folder / MANIFEST)}  {MANIFEST}\n", encoding="utf-8")
    return manifest


def read_export(folder: Path, project: str | None = None) -> dict[str, Any]:
    """Read a manifest, and refuse an export that is not as it was written.

    Parameters
    ----------
    folder
        The export.
    project
        Name of the project that it must belong to; any by default.

    Raises
    ------
    DataError
        If it is no export, was written by a newer program, belongs to another project, or a byte of it was changed, a
        file removed or added.
    """
    manifest = _manifest(folder)
    _check_schema(folder, manifest)
    if project is not None and manifest["project"] != project:
        raise DataError(
            f"{folder} holds a model for the project {manifest['project']!r}",
            allowed=f"one for {project!r}",
            do=f"score with --project {manifest['project']}, or {AGAIN} --project {project}",
        )
    _check_files(folder, manifest["files"])
    return manifest


def sha256(file: Path) -> str:
    """SHA-256 of a file's content, 64 hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{folder} is no export: its {MANIFEST} is missing or unreadable",
            allowed="a folder made by churnlab export, complete",
            do=AGAIN,
        ) from error
    if not isinstance(manifest, dict):
        raise DataError(f"{folder / MANIFEST} is not what churnlab export writes", do=AGAIN)
    return manifest


def _check_schema(folder: Path, manifest: Mapping[str, Any]) -> None:
    given = manifest.get("schema_version")
    if given == SCHEMA_VERSION:
        absent = [name for name, kind in NEEDED.items() if not isinstance(manifest.get(name), kind)]
        if absent:
            raise DataError(f"{folder / MANIFEST} does not say its {', '.join(absent)}", do=AGAIN)
        return
    is_newer = isinstance(given, int) and given > SCHEMA_VERSION
    raise DataError(
        f"{folder / MANIFEST} has schema version {given if given is not None else 'none'}",
        allowed=f"schema version {SCHEMA_VERSION}",
        do="score with the program that made it, or with a newer one" if is_newer else AGAIN,
    )


def _check_files(folder: Path, files: Mapping[str, str]) -> None:
    seal = folder / SEAL
    told = seal.read_text(encoding="utf-8", errors="replace") if seal.is_file() else ""
    if told != f"{sha256(folder / MANIFEST)}  {MANIFEST}\n":
        raise _changed(folder / MANIFEST)
    for name, expected in files.items():
        if not (folder / name).is_file() or sha256(folder / name) != expected:
            raise _changed(folder / name)
    for name in _names(folder):
        if name not in files:
            raise DataError(
                f"{folder / name} does not belong to the export",
                allowed="the files that its manifest names",
                do=f"move it elsewhere, or {AGAIN}",
            )


def _changed(file: Path) -> DataError:
    return DataError(f"{file} is missing or was changed after the export", allowed="files as they were", do=AGAIN)


def _names(folder: Path) -> Iterator[str]:
    """Paths of the files in a folder, below it; without the manifest and what Python leaves behind."""
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder)
        if not file.is_dir() and LEFT_BY_PYTHON not in name.parts and str(name) not in (MANIFEST, SEAL):
            yield name.as_posix()
