"""A folder in which somebody begins a project of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

CONF = Path(__file__).parents[2] / "conf"


def begun(folder: Path) -> Path:
    """Put the defaults and an empty folder of data into a folder."""
    (folder / "conf").mkdir()
    shutil.copy(CONF / "base.yaml", folder / "conf")
    (folder / "data").mkdir()
    return folder
