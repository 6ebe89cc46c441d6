"""A customer taken out of MLflow: files that were logged with a project's runs, and their tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pipelines.erasure.files import erase_from_file
from pipelines.erasure.subject import Subject
from pipelines.tracking import Tracking, shown

PAGE = 500


@dataclass
class Logged:
    """What there was of a customer in MLflow.

    Parameters
    ----------
    files, tags
        Rows or names in files, and tags of runs.
    out_of_reach
        Places that are not on this machine, or that MLflow does not let anybody change, with the runs.
    """

    files: int = 0
    tags: int = 0
    out_of_reach: list[str] = field(default_factory=list)


def erase_from_runs(tracking: Tracking, name: str, subject: Subject, *, counts_only: bool) -> Logged:
    """Take a customer out of the runs of a project's experiment.

    Parameters
    ----------
    tracking
        Where the runs are.
    name
        Name of the experiment.
    subject
        The customer.
    counts_only
        Change nothing.
    """
    logged = Logged()
    if not tracking.is_there:
        return logged
    client = tracking.client()
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        return logged
    runs = list(_runs(client, experiment.experiment_id))
    for folder in _folders(experiment, runs):
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            logged.files += erase_from_file(file, subject, counts_only=counts_only)
    for run in runs:
        _erase_from_tags(client, run, subject, counts_only, logged)
    logged.out_of_reach += _elsewhere(runs)
    if logged.tags and not counts_only:
        _shrink(tracking.uri)
    return logged


def folders_of_runs(tracking: Tracking, name: str) -> list[Path]:
    """Give the folders on this machine in which files of a project's runs are."""
    client = tracking.client() if tracking.is_there else None
    experiment = client and client.get_experiment_by_name(name)
    return _folders(experiment, _runs(client, experiment.experiment_id)) if experiment else []


def _folders(experiment: Any, runs: Iterable[Any]) -> list[Path]:
    """Give the folder of an experiment's files, and those of runs whose files lie outside of it."""
    found: list[Path] = []
    for address in (experiment.artifact_location, *(run.info.artifact_uri for run in runs)):
        folder = local_folder(address)
        if folder is not None and folder.is_dir() and not any(folder.is_relative_to(each) for each in found):
            found.append(folder)
    return found


def _elsewhere(runs: Iterable[Any]) -> list[str]:
    """Name the runs whose files are not on this machine, by the place where they are."""
    places: dict[str, list[str]] = {}
    for run in runs:
        place = run.info.artifact_uri.removesuffix("/artifacts").removesuffix(f"/{run.info.run_id}")
        folder = local_folder(place)
        if folder is None or not folder.is_dir():
            places.setdefault(shown(place), []).append(_named(run))
    return [f"files in {place} of MLflow's runs {', '.join(named)}" for place, named in places.items()]


def _named(run: Any) -> str:
    return f"{run.info.run_id} ({run.info.run_name})"


def local_folder(address: str) -> Path | None:
    """Give the folder of an address on this machine, ``None`` for one elsewhere.

    >>> local_folder("s3://bucket/1"), local_folder("file:///srv/mlruns/1"), local_folder("mlruns/1")
    (None, PosixPath('/srv/mlruns/1'), PosixPath('mlruns/1'))
    """
    parts = urlsplit(address)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    return None if parts.scheme else Path(address)


def _runs(client: Any, experiment: str) -> Iterator[Any]:
    token = None
    while True:
        page = client.search_runs([experiment], max_results=PAGE, page_token=token, run_view_type=3)
        yield from page
        token = page.token
        if not token:
            return


def _erase_from_tags(client: Any, run: Any, subject: Subject, counts_only: bool, logged: Logged) -> None:
    for tag, value in run.data.tags.items():
        if subject.is_mentioned(value):
            logged.tags += 1
            if not counts_only:
                client.set_tag(run.info.run_id, tag, subject.freed(value))
    if any(subject.is_mentioned(value) for value in run.data.params.values()):
        logged.out_of_reach.append(f"parameters, which nobody can change, of MLflow's run {_named(run)}")


def _shrink(uri: str) -> None:
    """Give freed pages of an SQLite store back, so that no byte of the old tags stays in the file."""
    if not uri.startswith("sqlite:"):
        return
    from sqlalchemy import create_engine, text

    engine = create_engine(uri, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("VACUUM"))
    engine.dispose()
