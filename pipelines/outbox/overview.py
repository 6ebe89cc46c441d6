"""What is in the outbox, and what would be sent; nothing here changes anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipelines.config import Project
from pipelines.errors import NotReady
from pipelines.outbox.ledger import Outbox
from pipelines.outbox.message import Message
from pipelines.outbox.sender import Lanes
from pipelines.warehouse import outbox as table
from pipelines.warehouse.actions import has
from pipelines.warehouse.duckdb_file import warehouse


class _TakeBack(Exception):
    """Ends a transaction that leaves nothing."""


def counted(project: Project) -> list[dict[str, Any]]:
    """Give the number of messages by channel, transport and state, and their first day.

    Raises
    ------
    NotReady
        If nothing was ever decided.
    """
    with _read(project) as connection:
        return table.counted(connection)


def listed(project: Project, state: str | None, channel: str | None, most: int) -> list[dict[str, Any]]:
    """Give messages, the latest planned first; errors as of `counted`."""
    with _read(project) as connection:
        return table.listed(connection, state, channel, most)


def would_send(outbox: Outbox, lanes: Lanes, most: int | None) -> list[tuple[str, Message]]:
    """Give what a run would send, with the name of the transport; what finding out has written is taken back."""
    found: list[tuple[str, Message]] = []
    try:
        with outbox.opened():
            for route, transport in lanes:
                found += [(transport.name, each) for each in outbox.claim(route, most)]
            raise _TakeBack
    except _TakeBack:
        return found[:most]


@contextmanager
def _read(project: Project) -> Iterator[Any]:
    with warehouse(project.home, read_only=True) as connection:
        if not has(connection, "planned_actions"):
            raise NotReady("Nothing was decided yet", do=f"run: churnlab act -p {project.name}")
        yield connection
