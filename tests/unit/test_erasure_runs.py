"""A customer in MLflow's runs: files wherever on this machine, and the runs named whose files are elsewhere."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.config import load_project
from pipelines.erasure.runs import erase_from_runs, folders_of_runs
from pipelines.erasure.subject import Subject
from pipelines.tracking import Tracking

CONF = str(Path(__file__).parents[2] / "conf" / "demo.yaml")
GONE = "C00042"
SUBJECT = Subject(frozenset({GONE}))


class Client:
    """MLflow's client on runs of one experiment."""

    def __init__(self, location: str, runs: list[Any]) -> None:
        self._experiment = SimpleNamespace(experiment_id="1", artifact_location=location)
        self._runs = runs
        self.tags: list[tuple[str, str, str]] = []

    def get_experiment_by_name(self, name: str) -> Any:
        return self._experiment

    def search_runs(self, *_: Any, **__: Any) -> Any:
        class Page(list[Any]):
            token = None

        return Page(self._runs)

    def set_tag(self, run: str, tag: str, value: str) -> None:
        self.tags.append((run, tag, value))


def run_of(number: str, place: str, params: dict[str, str] | None = None, **tags: str) -> Any:
    info = SimpleNamespace(run_id=number, run_name=f"line {number}", artifact_uri=f"{place}/{number}/artifacts")
    return SimpleNamespace(info=info, data=SimpleNamespace(tags=tags, params=params or {}))


def tracking_of(client: Client, monkeypatch: pytest.MonkeyPatch) -> Tracking:
    tracking = Tracking(load_project(CONF, ["tracking.uri=http://mlflow.example"]))
    monkeypatch.setattr(tracking, "client", lambda: client)
    return tracking


@pytest.mark.parametrize("place", ["s3://bucket/1", "mlflow-artifacts:/1", "/nowhere/on/this/machine/1"])
def test_runs_whose_files_are_elsewhere_are_named(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(place, [run_of("a1", place), run_of("b2", place, {"chosen": f"for {GONE}"}, note=f"about {GONE}")])
    logged = erase_from_runs(tracking_of(client, monkeypatch), "demo", SUBJECT, counts_only=False)
    assert logged.out_of_reach == [
        "parameters, which nobody can change, of MLflow's run b2 (line b2)",
        f"files in {place} of MLflow's runs a1 (line a1), b2 (line b2)",
    ]
    assert client.tags == [("b2", "note", "about [erased]")]


def test_files_of_a_run_outside_of_the_experiments_folder_are_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = tmp_path / "first" / "1", tmp_path / "other" / "1"
    for place, number in ((first, "a1"), (other, "b2")):
        (place / number / "artifacts").mkdir(parents=True)
        (place / number / "artifacts" / "note.txt").write_text(f"about {GONE}")
    client = Client(str(first), [run_of("a1", str(first)), run_of("b2", other.as_uri())])
    tracking = tracking_of(client, monkeypatch)
    logged = erase_from_runs(tracking, "demo", SUBJECT, counts_only=False)
    assert (logged.files, logged.out_of_reach) == (2, [])
    assert [file.read_text() for file in tmp_path.rglob("note.txt")] == ["about [erased]"] * 2
    assert folders_of_runs(tracking, "demo") == [first, other / "b2" / "artifacts"]
