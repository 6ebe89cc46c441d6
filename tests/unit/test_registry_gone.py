"""A version that is gone from MLflow's registry is told in words, other failures of MLflow are not hidden."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR, RESOURCE_DOES_NOT_EXIST

from pipelines.errors import NotReady
from pipelines.registry import registered


def tracking_that(raises: Exception) -> Any:
    def fail(name: str, number: str) -> None:
        raise raises

    return SimpleNamespace(client=lambda: SimpleNamespace(get_model_version=fail))


def test_a_version_that_somebody_deleted_is_named() -> None:
    gone = MlflowException("not found", error_code=RESOURCE_DOES_NOT_EXIST)
    with pytest.raises(NotReady, match="churn_demo version 4 is gone from MLflow's registry") as refused:
        registered(tracking_that(gone), "churn_demo", "4")
    assert "churnlab run" in refused.value.do


def test_another_failure_is_not_taken_for_a_deleted_version() -> None:
    with pytest.raises(MlflowException, match="broken"):
        registered(tracking_that(MlflowException("broken", error_code=INTERNAL_ERROR)), "churn_demo", "4")
