"""Signals of those who are told about are written down with room for all of them at once, the rest with little."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from scoring_runs import ACCEPTED, Halves, customers, run, small_project

from pipelines.scoring import job
from pipelines.scoring.peers import Peers
from pipelines.scoring.ranked import TABLE as RANKED
from pipelines.scoring.source import Source
from pipelines.scoring.told import TABLE, bring, choose
from pipelines.warehouse.duckdb_file import BATCH_BYTES, bounded_memory, warehouse

LIMIT = "SELECT parse_formatted_bytes(current_setting('memory_limit'))"
PEOPLE, SIGNALS = 1_000, 300
LITTLE_BYTES = 30_000_000
"""Less than DuckDB needs to write down a row group of so many columns, and more than all else needs here."""


def limit_of(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute(LIMIT).fetchone()
    assert row is not None
    return int(row[0])


def test_many_signals_are_written_down_only_with_room_for_them(tmp_path: Path) -> None:
    project = small_project("score.reason_bands=[high]")
    with warehouse(tmp_path) as connection:
        many = ", ".join(f"(n * {place + 3} % 1009)::DOUBLE AS signal_{place}" for place in range(SIGNALS))
        run(connection, project, customers([0.9] * PEOPLE))
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {RANKED} AS FROM scores.churn_scores")
        connection.execute(
            f"CREATE OR REPLACE TABLE signals AS SELECT 'c' || n AS customer_id, {many} FROM range({PEOPLE}) t(n)"
        )
        source = Source.of(connection, "signals")
        choose(source, project.score, None)
        Peers.of(source, Halves().features, ACCEPTED)
        with bounded_memory(connection, LITTLE_BYTES), pytest.raises(duckdb.OutOfMemoryException):
            bring(source)
        bring(source)
        assert connection.execute(f"SELECT count(*) FROM {TABLE}").fetchone() == (PEOPLE,)


def test_a_run_gives_the_writing_all_room_and_what_is_around_it_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: dict[str, int] = {}

    def watch(name: str, connection: duckdb.DuckDBPyConnection) -> None:
        work = getattr(job, name)

        def watching(*given: Any) -> Any:
            limits[name] = limit_of(connection)
            return work(*given)

        monkeypatch.setattr(job, name, watching)

    with warehouse(tmp_path) as connection:
        whole = limit_of(connection)
        for name in ("choose", "bring", "tell"):
            watch(name, connection)
        run(connection, small_project("score.reason_bands=[high]"), customers([0.9, 0.1]))
    assert limits["bring"] == whole > BATCH_BYTES
    assert max(limits["choose"], limits["tell"]) <= BATCH_BYTES
