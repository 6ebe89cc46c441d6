"""The registry of models: log, register, find and name versions by alias."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from typing import Any

from pipelines.errors import DataError, NotReady
from pipelines.tracking import Tracking

CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"
ARTIFACT = "model"
RUNTIME = ("numpy", "pandas", "scikit-learn", "xgboost")


def log_model(tracking: Tracking, run_id: str, model: Path, learnt: Path) -> str:
    """Log a model with its signature and give its address.

    Parameters
    ----------
    tracking
        Where to.
    run_id
        Run that it belongs to.
    model
        Folder of the fitted model.
    learnt
        File that says what it learnt from: `pipelines.exporting.learnt`.
    """
    from training.blend import families_in
    from training.extras import EXTRAS

    kinds = json.loads(learnt.read_text(encoding="utf-8"))["kinds"]
    libraries = ("mlflow", *RUNTIME, *(name for name in EXTRAS if name in families_in(model)))
    with tracking.run(run_id) as mlflow:
        logged = mlflow.pyfunc.log_model(
            name=ARTIFACT,
            python_model=str(Path(__file__).with_name("portable.py")),
            artifacts={"model": str(model), "learnt": str(learnt)},
            code_paths=[str(Path(__file__).parent.parent / "training")],
            signature=signature(kinds),
            pip_requirements=[f"{name}=={importlib.metadata.version(name)}" for name in libraries],
        )
    return str(logged.model_uri)


def has_signature(tracking: Tracking, uri: str) -> bool:
    """Whether a logged model says what it takes and gives."""
    return tracking.mlflow().models.get_model_info(uri).signature is not None


def signature(kinds: dict[str, str]) -> Any:
    """Signature of a model: every column may be missing, the output is a probability."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    types = {"number": "double", "category": "string"}
    columns = [ColSpec(types[kind], name, required=False) for name, kind in kinds.items()]
    return ModelSignature(inputs=Schema(columns), outputs=Schema([ColSpec("double")]))


def kinds_of(tracking: Tracking, version: Any) -> dict[str, str]:
    """Kind of each column that a registered version reads, as its signature says it."""
    found = tracking.mlflow().models.get_model_info(f"models:/{version.name}/{version.version}").signature
    return {column.name: "number" if column.type.name == "double" else "category" for column in found.inputs}


def version_of(tracking: Tracking, name: str, alias: str) -> Any | None:
    """Give the version that an alias names, if any."""
    from mlflow.exceptions import MlflowException

    try:
        return tracking.client().get_model_version_by_alias(name, alias)
    except MlflowException:
        return None


def registered(tracking: Tracking, name: str, number: str) -> Any:
    """Give a version by its number.

    Raises
    ------
    NotReady
        If it is not registered any more.
    """
    from mlflow.exceptions import MlflowException

    try:
        return tracking.client().get_model_version(name, number)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        raise NotReady(
            f"{name} version {number} is gone from MLflow's registry",
            allowed="the champion as churnlab promote left it",
            do="register the newest model again: churnlab run, or choose another version: "
            'churnlab promote --to VERSION --because "..."',
        ) from error


def register(tracking: Tracking, name: str, uri: str, run_id: str, tags: dict[str, str]) -> Any:
    """Register a logged model as a new version of a name and give the version."""
    from mlflow.exceptions import MlflowException

    client = tracking.client()
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    return client.create_model_version(name, uri, run_id, tags=tags)


def logged_folder(tracking: Tracking, version: Any) -> Path:
    """Fetch what was logged with a registered version and give its folder.

    Raises
    ------
    DataError
        If its files are gone.
    """
    from mlflow.exceptions import MlflowException

    address = f"models:/{version.name}/{version.version}"
    try:
        return Path(tracking.mlflow().artifacts.download_artifacts(address))
    except (MlflowException, OSError) as error:
        raise _gone(version) from error


def model_folder(logged: Path, version: Any) -> Path:
    """Find the folder of the fitted model in what was logged with a version.

    Raises
    ------
    DataError
        If there is none.
    """
    found = next((file.parent for file in sorted(logged.rglob("model.json"))), None)
    if found is None:
        raise _gone(version)
    return found


def _gone(version: Any) -> DataError:
    return DataError(
        f"The files of {version.name} version {version.version} are gone from MLflow's store",
        allowed="a version whose artifacts were kept; MLflow knows them by whole paths, which a copied store keeps",
        do="put the folder of artifacts (mlruns) back where it was, or choose another version: "
        'churnlab promote --to VERSION --because "...", or train again',
    )
