"""The store of the runs: reached, or refused with its address and without its password."""

from pathlib import Path

import pytest

from pipelines.config import load_project
from pipelines.errors import ConnectionFailed
from pipelines.tracking import Tracking

DEMO = str(Path(__file__).parents[2] / "conf" / "demo.yaml")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://me:secret@127.0.0.1:9", "MLflow's store http://me:***@127.0.0.1:9 does not answer"),
        ("sqlite:////dev/null/runs.db", "MLflow's store sqlite:////dev/null/runs.db does not answer"),
    ],
)
def test_a_store_out_of_reach_is_named(address, said, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(ConnectionFailed) as error:
        Tracking(load_project(DEMO, [f"tracking.uri={address}"], environment={})).client()
    assert said in str(error.value)
    assert "secret" not in str(error.value)
