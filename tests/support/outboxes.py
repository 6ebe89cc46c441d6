"""Small companies whose actions are decided, with a clock of the tests' own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pipelines.config import Project, load_project
from pipelines.outbox.lanes import lanes_of, outbox_of
from pipelines.outbox.ledger import Clock, Outbox
from pipelines.outbox.sender import Dispatch, Sender
from pipelines.warehouse.actions import PLANNED_ACTIONS, add_actions
from pipelines.warehouse.actions import create as create_actions
from pipelines.warehouse.duckdb_file import warehouse
from pipelines.warehouse.outbox import create

CONF = str(Path(__file__).parents[2] / "conf" / "demo.yaml")
MONDAY = datetime(2026, 6, 1, 8, 0)
SECRET = "a secret that is long enough"
UNHURRIED = "outbox.time_limit_s=600"
"""A receiver on a busy machine takes long to answer, and is not cut off."""
ENVIRONMENT = {"CRM_SECRET": SECRET, "SMTP_PASSWORD": "hunter2"}


@dataclass
class Time:
    """A clock that moves when somebody waits."""

    now: datetime = MONDAY
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep, lambda: 0.0)


def planned(number: int, **other: Any) -> dict[str, Any]:
    """One decided action."""
    told = {
        "action_id": f"{number:016x}",
        "customer_id": f"C{number:03d}",
        "playbook": "ring",
        "as_of": MONDAY,
        "action": "call",
        "channel": "phone",
        "owner": "sales",
        "planned_for": MONDAY.date(),
        "due": date(2026, 6, 3),
        "cost": 5.0,
        "expected_value": 100.0 - number,
        "arm": "treated",
        "message_en": f"Ring Firm {number}",
        "message_zh": f"请致电公司{number}",
        "state": "planned",
    }
    return told | other


@cache
def _project(settings: tuple[str, ...]) -> Project:
    return load_project(CONF, settings, {})


@dataclass
class Company:
    """A project with an outbox.

    Parameters
    ----------
    folder
        Where everything of it is.
    settings
        What ``--set`` would get.
    time
        Its clock.
    is_on_disk
        Whether the warehouse is a file, as it is in use; in memory it is faster.
    """

    folder: Path
    settings: tuple[str, ...] = ()
    time: Time = field(default_factory=Time)
    is_on_disk: bool = False
    connection: Any = None

    def __post_init__(self) -> None:
        if not self.is_on_disk and self.connection is None:
            self.connection = duckdb.connect()
            create(self.connection)

    @contextmanager
    def opened(self, *, read_only: bool = False) -> Iterator[Any]:
        if self.connection is not None:
            yield self.connection
            return
        with warehouse(self.home, read_only=read_only) as connection:
            yield connection

    @property
    def project(self) -> Project:
        return _project((f"workspace={self.folder}", *self.settings))

    @property
    def home(self) -> Path:
        return self.folder / "demo"

    def decide(self, rows: Iterable[dict[str, Any]]) -> Company:
        with self.opened() as connection:
            create_actions(connection)
            add_actions(connection, pd.DataFrame(list(rows), columns=list(PLANNED_ACTIONS)))
        return self

    def outbox(self, day: date | None = None) -> Outbox:
        return replace(outbox_of(self.project, self.time.clock, day), connection=self.connection)

    def send(self, limit: int | None = None, channel: str | None = None, day: date | None = None) -> Dispatch:
        """Send as the command does, with the tests' own time and environment."""
        project, outbox = self.project, self.outbox(day)
        lanes = lanes_of(project, outbox, channel, ENVIRONMENT)
        try:
            return Sender(outbox, lanes, project.outbox, limit).run()
        finally:
            for _, transport in lanes:
                transport.close()

    def rows(self, query: str = "SELECT * FROM actions.outbox ORDER BY action_id") -> list[dict[str, Any]]:
        with self.opened(read_only=True) as connection:
            return connection.execute(query).df().astype(object).to_dict("records")

    def states(self) -> dict[str, str]:
        """Customer to state."""
        return {row["customer_id"]: row["state"] for row in self.rows()}


def webhook(url: str, **other: Any) -> tuple[str, ...]:
    """Settings that send the channel phone to a webhook."""
    told = {"name": "crm", "kind": "webhook", "url": url, "secret": "CRM_SECRET", **other}
    return f"outbox.transports=[{_flow(told)}]", "outbox.routes={phone: crm}", UNHURRIED


def mail(port: int, **other: Any) -> tuple[str, ...]:
    """Settings that send the channels email and phone by mail."""
    told = {"name": "post", "kind": "email", "url": f"smtp://127.0.0.1:{port}", "sender": "Care <care@co.example>"}
    return f"outbox.transports=[{_flow(told | other)}]", "outbox.routes={email: post, phone: post}", UNHURRIED


def _flow(told: dict[str, Any]) -> str:
    return json.dumps(told)
