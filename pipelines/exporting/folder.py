"""The folder of an export: what is copied into it and what is written."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any

from pipelines.config import Project
from pipelines.exported.command import OWN_SIGNALS
from training.blend import families_in

HOME = Path(__file__).parents[2]
TEMPLATES = Path(__file__).parent / "templates"
TO_FILL = ".template"
CODE = "code"
MODEL = "model"
LOCK = "requirements.lock"
ROOMS = ("features", "training")
OF_PIPELINES = (
    "__init__.py",
    "bands.py",
    "errors.py",
    "exported",
    "outcomes.py",
    "standing.py",
    "warehouse/__init__.py",
    "warehouse/sql.py",
)
"""What of the room that touches the world scoring needs; a test runs an export with nothing else at hand."""
_OPENMP = "RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*\n"
"""What LightGBM is linked with and the image lacks; other libraries bring their own."""
_SOURCES = shutil.ignore_patterns("__pycache__", "*.pyc", "*.md")


def copy_code(folder: Path) -> None:
    """Copy the code that computes signals and scores."""
    for room in ROOMS:
        shutil.copytree(HOME / room, folder / CODE / room, ignore=_SOURCES)
    for name in OF_PIPELINES:
        source, target = HOME / "pipelines" / name, folder / CODE / "pipelines" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=_SOURCES)
        else:
            shutil.copyfile(source, target)


def copy_own_signals(folder: Path, origins: Iterable[Path]) -> None:
    """Copy the project's own signals; their folders keep their order and lose their names."""
    for number, origin in enumerate(origins):
        files = sorted(origin.glob("*.py"))
        target = folder / OWN_SIGNALS / f"{number:02d}"
        for file in files:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target / file.name)


def write_papers(folder: Path, project: Project, said: Mapping[str, Any]) -> None:
    """Write what people and tools read first: README.md, MLproject, Dockerfile, the command.

    Parameters
    ----------
    folder
        The export.
    project
        The project.
    said
        What the manifest says.
    """
    words = _words(project, said, families_in(folder / MODEL))
    for file in sorted(TEMPLATES.iterdir()):
        text = file.read_text(encoding="utf-8")
        if file.suffix == TO_FILL:
            text = Template(text).substitute(words)
        (folder / file.name.removesuffix(TO_FILL)).write_text(text, encoding="utf-8")


def write_mlmodel(folder: Path, kinds: Mapping[str, str], version: Any) -> None:
    """Write the file by which MLflow loads the folder; the same version gives the same bytes."""
    from mlflow.models import Model
    from mlflow.pyfunc import add_to_model

    from pipelines.registry import signature

    made = datetime.fromtimestamp(version.creation_timestamp / 1000, UTC).replace(tzinfo=None)
    model = Model(run_id=version.run_id, utc_time_created=made, signature=signature(dict(kinds)), model_uuid=None)
    add_to_model(
        model,
        loader_module="pipelines.exported.as_mlflow",
        data=MODEL,
        code=CODE,
        python_env="python_env.yaml",
    )
    model.save(folder / "MLmodel")


def _words(project: Project, said: Mapping[str, Any], families: Collection[str]) -> dict[str, str]:
    label = said["label"]
    days = 0 if label is None else label["gap_days"] + label["horizon_days"]
    by_tables = "\n    python score.py --tables warehouse.duckdb --as-of 2026-10-01 --output scores.parquet"
    return {
        "model": said["model"],
        "version": said["version"],
        "title": project.title["en"],
        "when": f" in the next {days} days" if days else "",
        "tables": "" if said["flat"] else by_tables,
        "system": _OPENMP if "lightgbm" in families else "",
        "python": platform.python_version(),
        "horizons": "shorter horizons have no band." if not said["flat"] else "a flat table has no horizon.",
    }
