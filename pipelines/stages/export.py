"""Put the champion into a folder that stands alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from pipelines.artifacts import digest
from pipelines.config import Project, dump
from pipelines.console import Progress
from pipelines.stage import stage
from pipelines.tracking import Tracking

MANIFEST = "manifest.json"


@stage(writes=["export"], sections=("label", "score", "data"))
def export(
    project: Project,
    scratch: Path,
    progress: Progress,
    tracking: Tracking,
    champion: dict[str, Any],
    calendar: dict[str, Any],
) -> Path:
    """Write the champion's files, the signals that it reads and a manifest with the hash of every file."""
    from pipelines.registry import model_folder

    version = tracking.client().get_model_version(champion["name"], champion["version"])
    shutil.copytree(model_folder(tracking, version), scratch / "model")
    described = json.loads((scratch / "model" / "model.json").read_text(encoding="utf-8"))
    settings = dump(project)
    manifest = {
        "project": project.name,
        "model": champion["name"],
        "version": champion["version"],
        "run_id": version.run_id,
        "family": described["family"],
        "signals": described["features"],
        "flat": calendar["flat"],
        "label": settings["label"],
        "bands": settings["score"]["bands"],
        "files": {
            str(file.relative_to(scratch)): digest(file) for file in sorted(scratch.rglob("*")) if file.is_file()
        },
    }
    (scratch / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")
    progress.note(f"{champion['name']} version {champion['version']}, {len(manifest['files'])} files")
    return scratch


def read_export(folder: Path) -> dict[str, Any]:
    """Read a manifest and refuse files that are not as they were written.

    Raises
    ------
    DataError
        If a file is missing or changed.
    """
    from pipelines.errors import DataError

    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for name, expected in manifest["files"].items():
        file = folder / name
        if not file.is_file() or digest(file) != expected:
            raise DataError(f"{file} is missing or was changed after the export", do="export again: churnlab export")
    return manifest
