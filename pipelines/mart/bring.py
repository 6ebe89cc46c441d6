"""Bring the mart that was built to the databases that are to hold it as well."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from pipelines.config import Project
from pipelines.destinations.deliver import Patience
from pipelines.destinations.destination import Change
from pipelines.errors import ChurnLabError
from pipelines.mart.build import FILE
from pipelines.mart.database import MartDatabase


def bring(project: Project, say: Callable[[str], None]) -> dict[str, dict[str, Change]]:
    """Bring the project's mart to every database of ``mart.destinations``, one after the other.

    Parameters
    ----------
    project
        The project, whose mart is built.
    say
        Shows what is being done.

    Returns
    -------
    dict
        Destination to table to the rows by what became of them.

    Raises
    ------
    ChurnLabError
        The first failure, after all databases were tried; each keeps the mart that it had.
    """
    import duckdb

    brought: dict[str, dict[str, Change]] = {}
    failures: list[ChurnLabError] = []
    for each in project.mart.destinations:
        say(f"the mart in {each.name}")
        with duckdb.connect(str(project.home / FILE), read_only=True) as mart, closing(MartDatabase(each)) as database:
            try:
                brought[each.name] = _refreshed(database, mart, project.deliver.retry_s, say)
            except ChurnLabError as error:
                failures.append(error)
    if failures:
        raise failures[0]
    return brought


def _refreshed(database: MartDatabase, mart: Any, retry_s: float, say: Callable[[str], None]) -> dict[str, Change]:
    patience = Patience(database, retry_s, say, command="churnlab mart")
    patience.open()
    return patience.do(lambda: database.refresh(mart))
