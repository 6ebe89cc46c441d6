"""The export in a fresh environment that has nothing but the libraries of its own lock."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from exports import beside, judged_scores, moved, panel_file, scored

pytestmark = pytest.mark.environment
EQUAL = 1e-6
UV = Path(__file__).parents[2] / ".venv-uv" / "bin" / "uv"


@pytest.fixture(scope="module")
def export(demo_workspace, tmp_path_factory):
    return moved(demo_workspace.runner.store.path("export"), tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="module")
def python(export, tmp_path_factory):
    """The interpreter of a new environment, made as the export's README says."""
    uv = str(UV) if UV.is_file() else shutil.which("uv")
    if uv is None:
        pytest.skip("uv is neither in .venv-uv nor on the path")
    place = tmp_path_factory.mktemp("environment") / "venv"
    patient = {**os.environ, "UV_HTTP_TIMEOUT": "300", "UV_HTTP_RETRIES": "10"}
    quiet = {"check": True, "capture_output": True, "text": True, "env": patient}
    subprocess.run([uv, "venv", "--python", sys.executable, str(place)], **quiet)
    lock = ["--no-deps", "--require-hashes", "-r", str(export / "requirements.lock")]
    subprocess.run([uv, "pip", "install", "--python", str(place / "bin" / "python"), *lock], **quiet)
    return str(place / "bin" / "python")


def test_only_what_scores_is_there(python):
    program = "import importlib.metadata as m; print(*sorted(d.name.lower() for d in m.distributions()))"
    found = subprocess.run([python, "-I", "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert {"xgboost", "duckdb", "pandas"} <= set(found)
    assert {"mlflow", "optuna", "great-expectations", "streamlit", "churnlab", "scikit-learn"} & set(found) == set()


def test_ready_signals_give_the_scores_of_the_judgement(demo_workspace, export, python, tmp_path):
    file = panel_file(demo_workspace.runner, tmp_path / "panel.parquet")
    found = scored(export, tmp_path / "scores.parquet", "--signals", str(file), python=python)
    assert found["as_of"].nunique() > 2
    judged = judged_scores(demo_workspace.runner)
    horizon = found["horizon_days"].max()
    joined = judged.merge(found[found["horizon_days"] == horizon], on=["customer_id", "as_of"], how="left")
    assert (joined["judged"] - joined["probability"]).abs().max() < EQUAL


def test_tables_give_the_scores_of_the_job(demo_workspace, export, python, tmp_path):
    with duckdb.connect(str(demo_workspace.warehouse), read_only=True) as connection:
        job = connection.sql("SELECT * FROM scores.churn_scores").df()
    place, when = str(demo_workspace.warehouse), str(job["as_of"].iloc[0])
    found = scored(export, tmp_path / "scores.parquet", "--tables", place, "--as-of", when, python=python)
    joined = beside(job, found)
    assert (joined["probability"] - joined["probability_second"]).abs().max() < EQUAL


def test_the_command_of_its_entry_point_runs_there(demo_workspace, export, python, tmp_path):
    """As MLflow would type it, in the export's folder and with the environment first on the path."""
    file = panel_file(demo_workspace.runner, tmp_path / "panel.parquet")
    output = tmp_path / "scores.csv"
    environment = {"PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    command = ["python", "score.py", "--signals", str(file), "--output", str(output)]
    done = subprocess.run(command, cwd=export, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(pd.read_csv(output)) > 100
