"""Deliveries to files where no room is left: said in our words, nothing half written is read, and a rerun mends it."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from deliveries import YESTERDAY, bring, score, settings, warehouse
from delivery_places import FILES, held

from pipelines.errors import ConnectionFailed

PEOPLE = [f"C{number:04d}" for number in range(600)]
LIMITS = {"sqlite": (8_192, 200_000), "duckdb": (8_192, 60_000), "parquet": (100, 9_000), "csv": (100, 30_000)}
"""Bytes of the largest file: no room at all, and room for some of it."""


@contextmanager
def no_file_beyond(limit: int) -> Iterator[None]:
    """Let no file of this process grow beyond some bytes, which fails as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(("kind", "limit"), [(kind, limit) for kind in FILES for limit in LIMITS[kind]])
def test_on_a_full_disk_readers_keep_what_they_had_or_have_nothing(kind: str, limit: int, tmp_path: Path) -> None:
    place, undisturbed = FILES[kind](tmp_path / "there"), FILES[kind](tmp_path / "undisturbed")
    for folder in ("there", "undisturbed"):
        (tmp_path / folder).mkdir()
    with warehouse(tmp_path / "warehouse.duckdb") as connection:
        score(connection, PEOPLE[:20], YESTERDAY)
        bring(connection, settings(place.settings))
        before = place.current()
        score(connection, PEOPLE)
        with no_file_beyond(limit), pytest.raises(ConnectionFailed) as raised:
            bring(connection, settings(place.settings))
        assert "there" in str(raised.value)
        assert place.current() in (before, set())
        for each in (place, undisturbed):
            bring(connection, settings(each.settings))
        assert held(place) == held(undisturbed)
        assert place.current() == set(PEOPLE)
