"""The command that scores the past: instant after instant, each with what was known by then."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipelines.commands.line import runner_of
from pipelines.errors import ConfigError
from pipelines.exported.command import instant
from pipelines.scoring.job import newest_day

NOTE = "Signals are those known at each instant; the model is today's champion, which has learnt from later outcomes."


def backfill(
    project_name: str,
    overrides: list[str],
    quiet: bool,
    dates: tuple[str | None, str | None, str | None],
    every_days: int,
    wait_s: float = 0.0,
) -> None:
    """Score every instant from the first to the last, the oldest first, so that bands and moves build on each other.

    Parameters
    ----------
    project_name, overrides, quiet, wait_s
        As of every command.
    dates
        What was given as ``--from``, ``--to`` and ``--as-of``; the last is the newest complete day by default.
    every_days
        Distance of the instants.

    Raises
    ------
    ConfigError
        If there is no first date, ``--as-of`` is given too, or no instant of the data lies between the dates.
    """
    first, last, as_of = dates
    if first is None or as_of is not None:
        raise ConfigError(
            "--to has no --from" if first is None else "--as-of is one date, and --from several",
            allowed="--as-of DATE, or --from DATE with or without --to DATE",
            do="leave one out",
        )
    runner = runner_of(project_name, overrides, True, quiet, wait_s)
    newest = newest_day(runner.project, runner.store.load("accepted"))
    until = newest if last is None else instant(last, "--to")
    chosen = instants(instant(first, "--from"), until, every_days)
    if not chosen or chosen[-1] > newest:
        raise ConfigError(
            f"No instant from {first} to {last or 'the newest day'} can be scored",
            allowed=f"two dates in their order, up to {newest:%Y-%m-%d}, the newest complete day",
            do="correct the dates",
        )
    runner.console.line(NOTE)
    for each in chosen:
        runner.as_of = each
        runner.alone("score")
        if runner.project.deliver.destinations:
            runner.alone("deliver")
    runner.alone("mart")


def instants(first: datetime, last: datetime, every_days: int) -> list[datetime]:
    """Give the instants from the first to the last, counted back from the last so that the last is among them.

    >>> [f"{each:%m-%d}" for each in instants(datetime(2026, 1, 1), datetime(2026, 1, 17), 7)]
    ['01-03', '01-10', '01-17']
    """
    many = (last - first) // timedelta(days=every_days) + 1
    return [last - timedelta(days=every_days) * back for back in reversed(range(many))]
