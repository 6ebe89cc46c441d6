"""What the manifest of an export says of a registered version, refused where it can no longer be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipelines.config import Project, dump
from pipelines.errors import DataError
from pipelines.tracking import Tracking


def described(project: Project, tracking: Tracking, version: Any) -> dict[str, Any]:
    """Describe a registered version.

    Parameters
    ----------
    project
        The project, which says how its scores are shown.
    tracking
        Where the version is kept.
    version
        As MLflow gives it.

    Raises
    ------
    DataError
        If it belongs to another project, or a signal that it reads is gone or defined otherwise than when it learnt.
    """
    from pipelines.registry import logged_folder, model_folder
    from training.model import load_model

    logged = logged_folder(tracking, version)
    model, learnt = model_folder(logged, version), _learnt(project, tracking, version, logged)
    load_model(model)
    said = {**_said(project, version, model), **learnt}
    if said["project"] != project.name:
        raise DataError(
            f"Version {version.version} of {version.name} was trained for the project {said['project']!r}",
            allowed=f"one for {project.name!r}",
            do="choose another version",
        )
    if not said["flat"]:
        _refuse_changed(project, said)
    return said


def _learnt(project: Project, tracking: Tracking, version: Any, logged: Path) -> dict[str, Any]:
    """What the version learnt from; one registered by other means is taken to have learnt what the line teaches."""
    from features.tables import TABLES
    from pipelines.exporting.learnt import learnt, read_learnt
    from pipelines.registry import kinds_of

    return read_learnt(logged) or learnt(project, project.is_flat, list(TABLES), kinds_of(tracking, version))


def _said(project: Project, version: Any, model: Path) -> dict[str, Any]:
    found = json.loads((model / "model.json").read_text(encoding="utf-8"))
    settings = dump(project)["score"]
    return {
        "model": version.name,
        "version": str(version.version),
        "run_id": version.run_id,
        "family": found["family"],
        "signals": found["features"],
        "bands": settings["bands"],
        "valid_days": settings["valid_days"],
    }


def _refuse_changed(project: Project, said: dict[str, Any]) -> None:
    """Refuse signals that compute something else than those that the version learnt from."""
    from pipelines.exported.signals import columns_of_model
    from pipelines.panel import project_signals

    columns_of_model(said, project_signals(project))
