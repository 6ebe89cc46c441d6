"""The servers that several of these tests need: those that the environment names, else servers of the tests' own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from servers import mariadb_server, postgres_server


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Address of a PostgreSQL server, as one who may do everything there."""
    if url := os.environ.get("CHURNLAB_TEST_POSTGRES"):
        yield url
        return
    with postgres_server() as server:
        yield server.url


@pytest.fixture(scope="session")
def mysql_url() -> Iterator[str]:
    """Address of a MySQL or MariaDB server, as one who may do everything there."""
    if url := os.environ.get("CHURNLAB_TEST_MYSQL"):
        yield url
        return
    with mariadb_server() as url:
        yield url
