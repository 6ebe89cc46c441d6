"""Put the champion into a folder that stands alone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pipelines.config import Project
from pipelines.console import Progress
from pipelines.panel import own_signals_digest
from pipelines.stage import stage
from pipelines.tracking import Tracking


@stage(writes=["export"], sections=("score", "title", "features", "tracking"), outside=own_signals_digest)
def export(project: Project, scratch: Path, progress: Progress, tracking: Tracking, champion: dict[str, Any]) -> Path:
    """Write the champion's files, the code and libraries that it needs, and a manifest with the hash of every file."""
    from pipelines.exported.manifest import read_export, write_manifest
    from pipelines.exporting.description import described
    from pipelines.exporting.folder import LOCK, MODEL, copy_code, copy_own_signals, write_mlmodel, write_papers
    from pipelines.exporting.requirements import installed_otherwise, scoring_lock
    from pipelines.registry import logged_folder, model_folder, registered
    from training.blend import families_in
    from training.extras import EXTRAS

    version = registered(tracking, champion["name"], champion["version"])
    said = described(project, tracking, version)
    shutil.copytree(model_folder(logged_folder(tracking, version), version), scratch / MODEL)
    copy_code(scratch)
    if not said["flat"]:
        copy_own_signals(scratch, project.features.folders)
    lock = scoring_lock(boosters=families_in(scratch / MODEL) & set(EXTRAS))
    (scratch / LOCK).write_text(lock, encoding="utf-8")
    write_papers(scratch, project, said)
    write_mlmodel(scratch, said["kinds"], version)
    write_manifest(scratch, said)
    files = read_export(scratch, project.name)["files"]
    for other in installed_otherwise(lock):
        progress.warn(f"Installed here is {other}; the export asks for the version in brackets")
    progress.note(f"{champion['name']} version {champion['version']}, {len(files)} files")
    return scratch
