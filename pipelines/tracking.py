"""Experiments in MLflow as people use them: one experiment a project, one run a line, nested runs below it.

MLflow is imported when the first run is opened, because importing it takes seconds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipelines.config import Project, dump
from pipelines.errors import ConnectionFailed

REGISTERED_PREFIX = "churn"
OUTER_RUN = "MLFLOW_RUN_ID"
ADDRESS = "MLFLOW_TRACKING_URI"
MODEL_TRAINING = "workflowType=machine_learning"
SERVER_FAILED = 500
"""Least status of an answer that says the server failed, and not that it was asked wrongly."""
NOISY = ("alembic", "mlflow.store.db.utils", "mlflow.tracking._model_registry.client", "mlflow.utils.environment")


def shown(address: str) -> str:
    """Give an address without the password in it.

    >>> shown("https://me:secret@mlflow.example/x")
    'https://me:***@mlflow.example/x'
    """
    return re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:***@", address)


def model_name(project: Project) -> str:
    """Name under which the project's models are registered."""
    return f"{REGISTERED_PREFIX}_{project.name}"


class Tracking:
    """The MLflow runs of one line.

    Parameters
    ----------
    project
        The project; its tracking address may be overridden by ``MLFLOW_TRACKING_URI``.
    required
        Whether a store that does not answer is an error; else it is remembered in ``missed``.
    """

    def __init__(self, project: Project, *, required: bool = True) -> None:
        self._project, self._required = project, required
        self.missed = ""
        self.run_id: str | None = os.environ.get(OUTER_RUN)
        self._opened_here: list[str] = []
        self._is_reached = False
        self._experiments: dict[str, str] = {}

    @property
    def uri(self) -> str:
        """Address of the store."""
        return os.environ.get(ADDRESS) or self._project.tracking.uri

    @property
    def is_there(self) -> bool:
        """Whether the store may hold anything; one in a file that is missing would be made by the first look at it."""
        address = urlsplit(self.uri)
        return address.scheme != "sqlite" or Path(address.path.removeprefix("/")).exists()

    def client(self) -> Any:
        """Give MLflow's client on the store."""
        self._connect()
        from mlflow import MlflowClient

        return MlflowClient()

    def mlflow(self) -> Any:
        """Give the MLflow module, pointed at the store."""
        self._connect()
        import mlflow

        return mlflow

    def open(self) -> str:
        """Open the run of this line, or give the one that is open."""
        if self.run_id is None:
            run = self.client().create_run(
                self._experiment(), run_name=f"{self._project.name} …", tags={"mlflow.source.name": "churnlab"}
            )
            self.run_id = run.info.run_id
            self._opened_here.append(self.run_id)
        return self.run_id

    @contextmanager
    def run(self, run_id: str | None = None) -> Iterator[Any]:
        """Make a run the active one; it is not ended."""
        mlflow = self.mlflow()
        outer = os.environ.pop(OUTER_RUN, None)
        try:
            with mlflow.start_run(run_id=run_id or self.open(), log_system_metrics=False):
                yield mlflow
        finally:
            if outer is not None:
                os.environ[OUTER_RUN] = outer

    def log(self, write: Callable[[Any], None]) -> None:
        """Let a function write with the MLflow module into the open run; ``missed`` says why nothing came of it.

        Raises
        ------
        ConnectionFailed
            If the store does not answer and is required.
        """
        with self._answered(), self.run() as mlflow:
            write(mlflow)

    def child(
        self, name: str, parent: str, tags: Mapping[str, str] | None = None, *, started_ms: int | None = None
    ) -> str:
        """Create a nested run, begun now or earlier, and give its id."""
        client = self.client()
        if parent not in self._experiments:
            self._experiments[parent] = client.get_run(parent).info.experiment_id
        own = {"mlflow.parentRunId": parent, **(tags or {})}
        run = client.create_run(self._experiments[parent], start_time=started_ms, run_name=name, tags=own)
        return str(run.info.run_id)

    def page(self) -> str:
        """Part of the UI's address that shows the project's runs; its first page is about language models.

        Returns
        -------
        str
            Empty where the project has no run yet.
        """
        found = self.client().get_experiment_by_name(self._project.name)
        return "" if found is None else f"#/experiments/{found.experiment_id}/runs?{MODEL_TRAINING}"

    def log_project(self, folder: Path) -> None:
        """Log the resolved configuration with the open run."""
        import yaml

        with self.run() as mlflow:
            mlflow.log_text(yaml.safe_dump(dump(self._project), sort_keys=False, allow_unicode=True), "project.yaml")

    def end(self) -> None:
        """Mark the line's run as finished."""
        self._terminate("FINISHED")

    def fail(self, stage: str, reason: str) -> None:
        """Mark the line's run as failed, with the stage and the reason."""
        with self._answered():
            client, run_id = self.client(), self.open()
            client.set_tag(run_id, "churnlab.failed_stage", stage)
            client.set_tag(run_id, "mlflow.note.content", f"Failed in **{stage}**: {reason}")
            if run_id in self._opened_here:
                client.update_run(run_id, name=f"{self._project.name} · failed in {stage}")
        self._terminate("FAILED")

    def _terminate(self, status: str) -> None:
        if self.run_id is not None and not self.missed:
            with self._answered():
                self.client().set_terminated(self.run_id, status=status)

    @contextmanager
    def _answered(self) -> Iterator[None]:
        """Say in our words that the store does not answer, or has stopped to; where it may be missed, remember it."""
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (ConnectionFailed, MlflowException, SQLAlchemyError, OSError) as error:
            is_ours = isinstance(error, MlflowException) and error.get_http_status_code() < SERVER_FAILED
            is_told = isinstance(error, ConnectionFailed | OSError)
            if is_ours or (self._required and is_told):
                raise
            failed = error if isinstance(error, ConnectionFailed) else self._unreached(error)
            if self._required:
                raise failed from error
            self.missed = failed.given

    def _experiment(self) -> str:
        client, name = self.client(), self._project.name
        found = client.get_experiment_by_name(name)
        return str(found.experiment_id if found else client.create_experiment(name))

    def _connect(self) -> None:
        import logging

        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
        import mlflow

        for noisy in NOISY:
            logging.getLogger(noisy).setLevel(logging.ERROR)
        uri, chosen = self.uri, os.environ.get(ADDRESS)
        if mlflow.get_tracking_uri() != uri:
            mlflow.set_tracking_uri(uri)
            _restore(chosen)
        mlflow.set_registry_uri(uri)
        if not self._is_reached:
            self._reach()

    def _reach(self) -> None:
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            MlflowClient().search_experiments(max_results=1)
        except (MlflowException, SQLAlchemyError, OSError) as error:
            raise self._unreached(error) from error
        self._is_reached = True

    def _unreached(self, error: BaseException) -> ConnectionFailed:
        return ConnectionFailed(
            f"MLflow's store {shown(self.uri)} does not answer ({type(error).__name__})",
            allowed="the address of a running MLflow server, or sqlite:///FILE in a folder that can be written",
            do="correct tracking.uri or MLFLOW_TRACKING_URI, or start the server; then run again",
        )


def _restore(address: str | None) -> None:
    """Undo that MLflow writes its address into the environment, where it would hold for every later project."""
    if address is None:
        os.environ.pop(ADDRESS, None)
    else:
        os.environ[ADDRESS] = address
