"""Copy the pictures of the documentation from the newest run of the demo company: ``make docs``."""

from __future__ import annotations

from pathlib import Path

from pipelines.artifacts import Store
from pipelines.config import load_project
from pipelines.tracking import Tracking

HOME = Path(__file__).parent
PICTURES = ("gain.png",)


def main() -> None:
    """Fetch the figures from MLflow into ``docs/images``."""
    project = load_project("demo")
    run_id = Store(project.home / "artifacts").load("judged")["run_id"]
    fetch = Tracking(project).mlflow().artifacts.download_artifacts
    for name in PICTURES:
        picture = Path(fetch(run_id=run_id, artifact_path=f"figures/{name}"))
        (HOME / "images" / name).write_bytes(picture.read_bytes())


if __name__ == "__main__":
    main()
