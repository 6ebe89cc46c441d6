"""The store of the runs: reached, or refused with its address and without its password."""

from contextlib import contextmanager, nullcontext
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


OUT_OF_REACH = "tracking.uri=http://127.0.0.1:9"


@contextmanager
def reached():
    """Stand for the open run of a store that answers at first."""
    yield "mlflow"


def refused_by(status):
    def write(mlflow):
        from mlflow.exceptions import MlflowException

        raise MlflowException("no", error_code=status)

    return write


def test_where_runs_are_not_required_a_store_out_of_reach_is_remembered(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    project, written = load_project(DEMO, [OUT_OF_REACH], environment={}), []
    tracking = Tracking(project, required=False)
    tracking.log(written.append)
    tracking.end()
    assert (written, tracking.missed.split(" (")[0]) == ([], "MLflow's store http://127.0.0.1:9 does not answer")
    with pytest.raises(ConnectionFailed):
        Tracking(project).log(written.append)


def test_a_store_that_stops_to_answer_is_told_and_what_we_do_wrong_is_not_hidden(monkeypatch):
    from mlflow.exceptions import MlflowException  # takes seconds, so only here
    from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, TEMPORARILY_UNAVAILABLE

    monkeypatch.setattr(Tracking, "run", lambda self: reached())
    project = load_project(DEMO, [OUT_OF_REACH], environment={})
    for required in (True, False):
        tracking = Tracking(project, required=required)
        with nullcontext() if not required else pytest.raises(ConnectionFailed):
            tracking.log(refused_by(TEMPORARILY_UNAVAILABLE))
        assert bool(tracking.missed) is not required
        with pytest.raises(MlflowException):
            Tracking(project, required=required).log(refused_by(INVALID_PARAMETER_VALUE))
