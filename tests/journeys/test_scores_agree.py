"""Scores agree wherever they are made: by the judgement, by the job, by an export that stands alone."""

from datetime import datetime

import duckdb
import pandas as pd
import pytest
from exports import beside, judged_scores, moved, panel_file, scored
from finished_lines import copied

pytestmark = pytest.mark.journey
EQUAL = 1e-6


@pytest.fixture(scope="module")
def runner(demo_workspace, tmp_path_factory):
    """A copy of the finished line that has scored at its test cutoff and at one that it learnt from."""
    runner = copied(demo_workspace, tmp_path_factory.mktemp("agreement") / "own")("score.most_moves=0")
    cutoffs = runner.store.load("calendar")["cutoffs"]
    for cutoff in (cutoffs[0], cutoffs[-1]):
        runner.as_of = datetime.fromisoformat(cutoff)
        runner.alone("score")
    return runner


@pytest.fixture(scope="module")
def jobs_scores(runner):
    with duckdb.connect(str(runner.project.home / "warehouse.duckdb"), read_only=True) as connection:
        return connection.sql("SELECT * FROM scores.churn_scores").df()


@pytest.fixture(scope="module")
def export(runner, tmp_path_factory):
    return moved(runner.store.path("export"), tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="module")
def of_ready_signals(runner, export, tmp_path_factory):
    """What the export makes of the panel: every cutoff at once."""
    folder = tmp_path_factory.mktemp("signals")
    return scored(export, folder / "scores.parquet", "--signals", str(panel_file(runner, folder / "panel.parquet")))


def whole_horizon(scores, runner):
    return scores[scores["horizon_days"] == runner.project.label.horizon_days]


def test_the_job_gives_the_scores_of_the_judgement(runner, jobs_scores):
    judged = judged_scores(runner)
    at_test = jobs_scores[jobs_scores["as_of"] == judged["as_of"].iloc[0]]
    joined = judged.merge(whole_horizon(at_test, runner), on=["customer_id", "as_of"], how="left")
    assert len(joined) > 100
    assert (joined["judged"] - joined["probability"]).abs().max() < EQUAL


def test_the_export_gives_the_scores_of_the_judgement(runner, of_ready_signals):
    judged = judged_scores(runner)
    joined = judged.merge(whole_horizon(of_ready_signals, runner), on=["customer_id", "as_of"], how="left")
    assert (joined["judged"] - joined["probability"]).abs().max() < EQUAL


def test_job_and_export_agree_at_several_cutoffs(runner, jobs_scores, of_ready_signals):
    """One computes signals from tables of today, the other reads those that training read; labels come and go."""
    both = jobs_scores.merge(of_ready_signals, on=["customer_id", "as_of", "horizon_days"], suffixes=("", "_export"))
    assert both["as_of"].nunique() == 2
    assert len(both) > 0.9 * len(of_ready_signals[of_ready_signals["as_of"].isin(both["as_of"])])
    assert (both["probability"] - both["probability_export"]).abs().max() < EQUAL


def test_the_export_scores_a_warehouse_as_the_job_does(runner, jobs_scores, export, tmp_path):
    when = jobs_scores["as_of"].max()
    warehouse = runner.project.home / "warehouse.duckdb"
    found = scored(export, tmp_path / "scores.parquet", "--tables", str(warehouse), "--as-of", str(when))
    joined = beside(jobs_scores[jobs_scores["as_of"] == when], found)
    assert (joined["probability"] - joined["probability_second"]).abs().max() < EQUAL
    for name in ("rank", "valid_until", "model_version"):
        assert (joined[name] == joined[f"{name}_second"]).all()


def test_the_export_scores_a_folder_of_files_as_a_warehouse(runner, jobs_scores, export, tmp_path):
    when, tables = jobs_scores["as_of"].min(), tmp_path / "tables"
    tables.mkdir()
    with duckdb.connect(str(runner.project.home / "warehouse.duckdb"), read_only=True) as connection:
        for number, name in enumerate(runner.store.load("accepted")["tables"]):
            ending = ("csv", "parquet")[number % 2]
            connection.execute(f"COPY accepted.{name} TO '{tables / name}.{ending}' (FORMAT {ending})")
    found = scored(export, tmp_path / "scores.parquet", "--tables", str(tables), "--as-of", str(when))
    joined = beside(jobs_scores[jobs_scores["as_of"] == when], found)
    assert (joined["probability"] - joined["probability_second"]).abs().max() < EQUAL


def test_mlflow_loads_the_export_and_gives_probabilities(runner, export, of_ready_signals, monkeypatch):
    import mlflow

    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    model = mlflow.pyfunc.load_model(str(export))
    panel = pd.concat([pd.read_parquet(file) for file in sorted(runner.store.path("panel").glob("*.parquet"))])
    wanted = model.metadata.get_input_schema().input_names()
    found = panel[["customer_id", "cutoff"]].assign(probability=model.predict(panel[wanted]))
    joined = beside(found.rename(columns={"cutoff": "as_of"}), whole_horizon(of_ready_signals, runner))
    assert (joined["probability"] - joined["probability_second"]).abs().max() < EQUAL


def test_no_file_of_an_export_is_a_pickle(export):
    """What training writes holds data alone: text, numbers in arrays, a booster in its own binary JSON."""
    import numpy as np

    for file in (file for file in export.rglob("*") if file.is_file()):
        assert file.suffix not in (".pkl", ".pickle", ".joblib", ".cloudpickle", ".pyc")
        if file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as arrays:
                assert all(arrays[name].dtype != object for name in arrays.files)
        elif file.suffix != ".ubj":
            file.read_text(encoding="utf-8")


def test_what_the_container_copies_is_there(export):
    lines = [line.split() for line in (export / "Dockerfile").read_text().splitlines()]
    copied_names = [name for words in lines if words[:1] == ["COPY"] for name in words[1:-1]]
    assert copied_names
    assert [name for name in copied_names if not (export / name).exists()] == []
    assert [words[1] for words in lines if words[:1] == ["FROM"]] == ["python:3.11-slim"]
    assert [words[1] for words in lines if words[:1] == ["USER"]] == ["10001"]
    (entry,) = ((export / "Dockerfile").read_text().split("ENTRYPOINT ")[1].splitlines(),)
    assert entry == ['["python", "score.py"]']
    assert (export / "score.py").is_file()


def test_the_entry_points_of_the_export_call_its_command(export):
    import yaml

    from pipelines.exported.command import parser

    for entry in yaml.safe_load((export / "MLproject").read_text())["entry_points"].values():
        words = entry["command"].split()
        assert words[:2] == ["python", "score.py"]
        parser().parse_args(words[2:])
        assert {f"{{{name}}}" for name in entry["parameters"]} == {word for word in words if word.startswith("{")}


def test_the_export_does_not_know_where_it_was_made(export, demo_workspace):
    """No path of this machine, and no address of a registry."""
    names = (str(demo_workspace.folder), "http://", "file://", "sqlite:")
    for file in (file for file in export.rglob("*") if file.suffix in ("", ".json", ".yaml", ".md", ".lock")):
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            assert [name for name in names if name in text] == [], file
