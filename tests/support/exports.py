"""An export far from home: run by its own command, with nothing of the project at hand."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd

NOT_FOR_SCORING = (
    "altair", "evaluation", "great_expectations", "jinja2", "mlflow", "numba", "optuna", "psycopg", "pydantic",
    "sklearn", "sqlalchemy", "streamlit", "typer", "yaml",
)  # fmt: skip

ALONE = f"""
import runpy, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {NOT_FOR_SCORING!r}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Absent())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def moved(export: Path, folder: Path) -> Path:
    """Copy an export elsewhere, read-only as one would mount it."""
    place = Path(shutil.copytree(export, folder / "elsewhere"))
    for each in (place, *place.rglob("*")):
        each.chmod(0o555 if each.is_dir() else 0o444)
    return place


def scored(export: Path, output: Path, *arguments: str, python: str = sys.executable) -> pd.DataFrame:
    """Run the command of an export where only the libraries of scoring can be imported, and read what it wrote."""
    command = [python, "-I", "-c", ALONE, str(export / "score.py"), *arguments, "--output", str(output)]
    done = subprocess.run(command, cwd=output.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return pd.read_parquet(output)


def panel_file(runner: Any, output: Path) -> Path:
    """Put the signals of all cutoffs that were learnt from and judged on into one file."""
    files = sorted(runner.store.path("panel").glob("*.parquet"))
    pd.concat([pd.read_parquet(file) for file in files], ignore_index=True).to_parquet(output, index=False)
    return output


def judged_scores(runner: Any) -> pd.DataFrame:
    """The scores by which the best model was judged, with ``customer_id``, ``as_of`` and ``judged``."""
    best = runner.store.load("judged")["best"]
    test = pd.read_parquet(runner.store.path("trained") / "test_predictions.parquet")
    return test.rename(columns={best: "judged", "cutoff": "as_of"})[["customer_id", "as_of", "judged"]]


def beside(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Join scores on customer, instant and horizon; nobody may be missing on either side."""
    keys = [name for name in ("customer_id", "as_of", "horizon_days") if name in first and name in second]
    joined = first.merge(second, on=keys, how="outer", indicator=True, suffixes=("", "_second"))
    assert (joined["_merge"] == "both").all()
    return joined
