"""Scoring that is killed at random moments, or finds no room: a rerun leaves what an undisturbed run leaves."""

from __future__ import annotations

import random
import resource
import signal
import sys
import threading
import time
from multiprocessing import get_context

import duckdb
import pytest
from deliveries import die
from scoring_runs import customers, run, small_project

from pipelines.errors import ConnectionFailed, refusal
from pipelines.warehouse.duckdb_file import FILE, warehouse

MOMENTS = 30
TABLES = ("churn_scores", "churn_reasons", "churn_moves", "churn_levers", "score_coverage")
RUNS = "SELECT * EXCLUDE (started_at, finished_at) FROM scores.score_runs ORDER BY ALL"

PRELOADED = [
    "duckdb",
    "pandas",
    "pyarrow.parquet",
    "evaluation.model.actionable",
    "pipelines.console",
    "pipelines.scoring.job",
    "training.contributions",
]
"""What a run imports; the server from which processes fork does not find the modules of the tests."""

pytestmark = pytest.mark.kill


class Counting:
    """A connection that tells how many statements it has been given, and calls something before each."""

    def __init__(self, connection, before=lambda number: None):
        self._connection, self._before, self.statements = connection, before, 0

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def _count(self):
        self._before(self.statements)
        self.statements += 1

    def execute(self, *given):
        self._count()
        return self._connection.execute(*given)

    def commit(self):
        self._count()
        self._connection.commit()


def people(add=0.0):
    frame = customers([(number % 97) / 100 + add for number in range(3000)])
    return frame.iloc[: 3000 if add else 2900]


def score(home, add, before=lambda number: None):
    """Score with reasons, the second state with customers more and other scores; give the number of statements."""
    with warehouse(home) as connection:
        counting = Counting(connection, before)
        run(counting, small_project("score.reason_bands=[high]"), people(add))
    return counting.statements


def score_in_peace(home, add, told):
    told.value = score(home, add)


def score_until(home, add, moment):
    """Score in a process that is killed from within, by what its own statements take on this machine.

    It dies before its next statement or its end at the latest, however late its timer is.
    """
    began = time.monotonic()

    def kill_soon(number):
        if number > int(moment):
            die()
        if number == int(moment):
            threading.Timer(moment % 1 * (time.monotonic() - began) / (number + 1), die).start()

    score(home, add, kill_soon)
    die()


def score_without_room(home, add, limit):
    """Score where no file may be written beyond some bytes, which fails as a full disk does."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        score(home, add)
    except Exception as error:  # noqa: BLE001
        said = refusal(error)
        sys.exit(99 if said is None else said.exit_code)


def exit_code(processes, does, *given):
    process = processes.Process(target=does, args=given)
    process.start()
    process.join()
    return process.exitcode


def ended(processes, home, add):
    """Score in peace and give the number of statements."""
    told = processes.Value("i", 0)
    assert exit_code(processes, score_in_peace, home, add, told) == 0
    return told.value


def dumped(home):
    with duckdb.connect(str(home / FILE), read_only=True) as connection:
        tables = [connection.execute(f"SELECT * FROM scores.{name} ORDER BY ALL").fetchall() for name in TABLES]
        return [*tables, connection.execute(RUNS).fetchall()]


@pytest.fixture(scope="module")
def processes():
    """Processes that begin at once, because the server from which they fork has imported everything."""
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def test_killed_at_any_moment_and_run_again_the_tables_are_those_of_an_undisturbed_run(processes, tmp_path):
    moments, states = random.Random(20261122), (0.0, 0.02)
    whole, statements = {}, 0
    for add in (*states, states[0]):
        statements = ended(processes, tmp_path, add)
        whole[add] = dumped(tmp_path)
    assert whole[states[0]] != whole[states[1]]
    for turn in range(MOMENTS):
        add = states[1 - turn % 2]
        moment = (turn + moments.random()) / MOMENTS * statements
        assert exit_code(processes, score_until, tmp_path, add, moment) == -signal.SIGKILL
        assert dumped(tmp_path) in whole.values()
        ended(processes, tmp_path, add)
        assert dumped(tmp_path) == whole[add]


@pytest.mark.parametrize("limit", [5_000, 60_000])
def test_on_a_full_disk_the_run_says_so_and_leaves_the_tables_as_they_were(limit, processes, tmp_path):
    ended(processes, tmp_path, 0.0)
    before = dumped(tmp_path)
    assert exit_code(processes, score_without_room, tmp_path, 0.02, limit) == ConnectionFailed.exit_code
    assert dumped(tmp_path) == before
    ended(processes, tmp_path, 0.02)
    assert dumped(tmp_path) != before
