"""Deliveries that are killed at random moments, that meet each other, and that lose their server."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import threading
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from deliveries import YESTERDAY, bring, bring_in_process, score, settings, total, warehouse
from delivery_places import CURRENT, MySQLPlace, Place, PostgresPlace, held, place_of
from servers import LIMIT_S, PostgresServer, postgres_server

from pipelines.config_deliver import DeliverSettings
from pipelines.destinations.deliver import Delivered, deliver
from pipelines.destinations.source import Source
from pipelines.errors import ConnectionFailed, Incomplete

MOMENTS = {"duckdb": 30, "postgres": 30, "mysql": 8, "sqlite": 8, "parquet": 8}
PEOPLE = [f"C{number:05d}" for number in range(220)]


def marked(kind: str) -> Any:
    """All of these take a while; those of files run with the tests of PostgreSQL."""
    return pytest.param(kind, marks=pytest.mark.mysql if kind == "mysql" else pytest.mark.postgres)


def small(*destinations: dict[str, Any], retry_s: float = 0) -> DeliverSettings:
    """Bring in many small transactions."""
    return settings(*destinations, batch_rows=20, retry_s=retry_s)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return place_of(request.param, tmp_path, request.getfixturevalue)


@pytest.fixture(scope="module")
def before_and_after(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two states of one warehouse: in the later one customers have come, gone and changed, and fewer have reasons."""
    folder = tmp_path_factory.mktemp("states")
    states = folder / "before.duckdb", folder / "after.duckdb"
    for state in states:
        with warehouse(state) as connection:
            score(connection, PEOPLE[:20], YESTERDAY)
            score(connection, PEOPLE[:200])
            if state == states[1]:
                score(connection, PEOPLE[20:], add=0.001, reasons=1)
    return states


@pytest.fixture(scope="module")
def processes() -> Any:
    """Processes that begin at once, because the server from which they fork has imported everything."""
    context = get_context("forkserver")
    # DuckDB imports pandas when it is given a parameter.
    preload = ["deliveries", "duckdb", "pandas", "psycopg", "pymysql", "pyarrow.compute", "pyarrow.parquet"]
    context.set_forkserver_preload([*preload, *(f"pipelines.destinations.kinds.{kind}" for kind in MOMENTS)])
    return context


def started(
    processes: Any, state: Path, chosen: DeliverSettings, dies_at: float | None = None
) -> tuple[BaseProcess, Any]:
    """Give a process that brings all runs of a warehouse, and the number of parts that it has begun."""
    parts = processes.Value("i", 0)
    given = (str(state), chosen, dict(os.environ), parts, dies_at)
    process: BaseProcess = processes.Process(target=bring_in_process, args=given)
    process.start()
    return process, parts


def dumped(place: Place) -> str:
    """Hash of all rows in their order."""
    return hashlib.sha256(repr(sorted(held(place).items())).encode()).hexdigest()


def ended(processes: Any, state: Path, chosen: DeliverSettings) -> int:
    """Bring a state in peace and give the number of parts."""
    process, parts = started(processes, state, chosen)
    process.join()
    assert process.exitcode == 0
    return int(parts.value)


def kill(processes: Any, state: Path, chosen: DeliverSettings, moment: float) -> None:
    """Let a process die at a moment, counted in parts."""
    process, _ = started(processes, state, chosen, moment)
    process.join()
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("place", [marked(kind) for kind in MOMENTS], indirect=True)
def test_killed_at_any_moment_and_run_again_the_tables_are_those_of_an_undisturbed_run(
    place: Place, before_and_after: tuple[Path, Path], processes: Any
) -> None:
    moments, chosen = random.Random(20261001), small(place.settings, retry_s=LIMIT_S)
    whole, parts = {}, 0
    for state in (*before_and_after, before_and_after[0]):
        parts = ended(processes, state, chosen)
        with place.looked_into():
            whole[state] = dumped(place), place.rows(CURRENT)
            yesterdays = [row for row in place.rows("churn_scores") if row[1] == YESTERDAY]
    number = MOMENTS[place.settings["kind"]]
    halves = 0
    for turn in range(number):
        state = before_and_after[1 - turn % 2]
        kill(processes, state, chosen, 1 + (turn + moments.random()) / number * parts)
        with place.looked_into():
            halves += dumped(place) not in [dump for dump, _ in whole.values()]
            assert place.rows(CURRENT) in [*(seen for _, seen in whole.values()), yesterdays]
        ended(processes, state, chosen)
        with place.looked_into():
            assert (dumped(place), place.rows(CURRENT)) == whole[state]
    assert halves >= 0.4 * number


@pytest.mark.parametrize("place", [marked(kind) for kind in MOMENTS], indirect=True)
def test_two_deliveries_at_once_leave_what_one_leaves(
    place: Place, before_and_after: tuple[Path, Path], processes: Any
) -> None:
    state, chosen = before_and_after[1], small(place.settings, retry_s=LIMIT_S)
    together = [started(processes, state, chosen) for _ in range(2)]
    for process, _ in together:
        process.join()
    assert [process.exitcode for process, _ in together] == [0, 0]
    with warehouse(state) as connection:
        again = bring(connection, chosen)
    assert total(again).touched == 0


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may stop."""
    with postgres_server() as server:
        yield server


class Saying:
    """Does something at one of the things that a delivery says."""

    def __init__(self, *at: tuple[int, Any]) -> None:
        self.said: list[str] = []
        self._at = dict(at)

    def __call__(self, text: str) -> None:
        self.said.append(text)
        if work := self._at.get(len(self.said)):
            work()


def brought(state: Path, chosen: DeliverSettings, say: Saying) -> Delivered:
    with warehouse(state) as connection:
        source = Source(connection, chosen.batch_rows)
        return deliver(source, source.instants(), chosen, say)


@pytest.mark.postgres
def test_a_server_that_stops_in_the_middle_and_starts_again_is_served_to_the_end(
    own_server: PostgresServer, before_and_after: tuple[Path, Path]
) -> None:
    place = PostgresPlace(own_server.url)
    coming_back = threading.Thread(target=own_server.start)
    # It comes back while the delivery waits for the third time.
    say = Saying((10, own_server.stop), (13, coming_back.start))
    delivered = brought(before_and_after[1], small(place.settings, retry_s=LIMIT_S), say)
    coming_back.join()
    assert delivered.failures == {}
    assert sum("does not answer" in text for text in say.said) >= 3
    left = dumped(place)
    assert total(brought(before_and_after[1], small(place.settings), Saying())).touched == 0
    assert dumped(place) == left


@pytest.mark.postgres
def test_a_server_that_stays_away_ends_the_delivery_and_others_are_served(
    own_server: PostgresServer, before_and_after: tuple[Path, Path], tmp_path: Path
) -> None:
    place = PostgresPlace(own_server.url)
    folder = {"kind": "parquet", "path": str(tmp_path / "folder"), "name": "folder"}
    both = small({**place.settings, "name": "crm"}, folder, retry_s=1)
    delivered = brought(before_and_after[1], both, Saying((10, own_server.stop)))
    with pytest.raises(Incomplete, match=r"1 of 2 .* crm: Destination crm was not reached for 1 s"):
        delivered.raise_failures()
    assert delivered.changes["folder"]["churn_scores"].new == 220
    alone = brought(before_and_after[1], small({**place.settings, "name": "crm"}, retry_s=0.1), Saying())
    with pytest.raises(ConnectionFailed, match="crm"):
        alone.raise_failures()
    own_server.start()
    brought(before_and_after[1], both, Saying()).raise_failures()
    assert len(place.current()) == 200


@pytest.mark.mysql
def test_connections_that_the_server_closes_are_opened_again(
    mysql_url: str, before_and_after: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import pymysql

    place, connect, opened = MySQLPlace(mysql_url), pymysql.connect, []

    def noted(**how: Any) -> Any:
        opened.append(connect(**how))
        return opened[-1]

    def close_all() -> None:
        for number in [each.thread_id() for each in opened if each.open]:
            place.execute(f"KILL {number}")

    monkeypatch.setattr(pymysql, "connect", noted)
    say = Saying((5, close_all), (20, close_all))
    delivered = brought(before_and_after[1], small(place.settings, retry_s=LIMIT_S), say)
    assert delivered.failures == {}
    assert sum("does not answer" in text for text in say.said) >= 2
    assert len(place.current()) == 200
