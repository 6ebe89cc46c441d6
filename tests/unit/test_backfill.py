"""Scoring the past: which instants, in which order, and what is refused."""

from datetime import datetime
from types import SimpleNamespace

import pytest

from pipelines.commands import backfill as module
from pipelines.errors import ConfigError

NEWEST = datetime(2026, 11, 1)


@pytest.fixture
def destinations():
    return []


@pytest.fixture
def ran(monkeypatch, destinations):
    """What a backfill runs, in its order."""
    done = []
    runner = SimpleNamespace(
        project=SimpleNamespace(deliver=SimpleNamespace(destinations=destinations)),
        as_of=None,
        store=SimpleNamespace(load=lambda name: {}),
        console=SimpleNamespace(line=lambda text: None),
    )
    runner.alone = lambda stage: done.append((stage, runner.as_of) if stage == "score" else stage)
    monkeypatch.setattr(module, "runner_of", lambda *given: runner)
    monkeypatch.setattr(module, "newest_day", lambda project, accepted: NEWEST)
    return done


def days(ran):
    return [each[1].strftime("%m-%d") for each in ran if each[0] == "score"]


def test_the_oldest_comes_first_and_the_last_is_among_them(ran):
    module.backfill("demo", [], True, ("2026-10-01", "2026-10-17", None), 7)
    assert days(ran) == ["10-03", "10-10", "10-17"]
    assert ran[-1] == "mart"


def test_an_instant_with_a_zone_is_the_same_instant_in_utc(ran):
    module.backfill("demo", [], True, ("2026-10-01T06:00+08:00", "2026-10-01T22:00-02:00", None), 1)
    assert [each for _, each in ran[:-1]] == [datetime(2026, 10, 1), datetime(2026, 10, 2)]


@pytest.mark.parametrize(
    ("dates", "option"),
    [
        (("zz", None, None), "--from"),
        (("2026-10-01", "zz", None), "--to"),
        (("0001-01-01T00:00+08:00", None, None), "--from"),
    ],
)
def test_what_is_no_date_is_named_by_its_option(ran, dates, option):
    with pytest.raises(ConfigError, match=f"{option} '.*' is no date"):
        module.backfill("demo", [], True, dates, 7)


def test_without_an_end_the_newest_day_is_the_last(ran):
    module.backfill("demo", [], True, ("2026-10-31", None, None), 1)
    assert days(ran) == ["10-31", "11-01"]


def test_each_instant_is_delivered_where_there_are_destinations(ran, destinations):
    destinations.append("somewhere")
    module.backfill("demo", [], True, ("2026-10-31", None, None), 1)
    assert [each if isinstance(each, str) else each[0] for each in ran] == [*("score", "deliver") * 2, "mart"]


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        ((None, "2026-10-01", None), "--to has no --from"),
        (("2026-10-01", None, "2026-10-02"), "--as-of is one date"),
        (("2026-10-02", "2026-10-01", None), "No instant"),
        (("2026-10-02", "2026-12-01", None), "No instant"),
        (("soon", None, None), "no date"),
    ],
)
def test_dates_without_sense_are_refused_before_any_work(dates, words, ran):
    with pytest.raises(ConfigError, match=words):
        module.backfill("demo", [], True, dates, 7)
    assert ran == []
