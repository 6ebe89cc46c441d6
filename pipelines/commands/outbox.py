"""The commands of the outbox: how it stands, send, list, retry, confirm."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.errors import ConfigError, DataError, Incomplete
from pipelines.ingest.nearest import nearest
from pipelines.outbox.lanes import lanes_of, outbox_of
from pipelines.outbox.ledger import Clock, Outbox
from pipelines.outbox.overview import counted, listed, would_send
from pipelines.outbox.run import send_due
from pipelines.warehouse import outbox as table
from pipelines.warehouse.outbox import DELIVERED, FAILED, PLANNED, SENT, STATES

SHOWN = 10


def show_status(project_name: str, overrides: list[str]) -> None:
    """Print the messages by channel and state, what waits longest, and what went wrong."""
    project, console = load_project(project_name, overrides), Console()
    rows = counted(project)
    if not rows:
        console.line("The outbox is empty: nothing was decided that may leave.")
        return
    by_channel: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        by_channel[row["channel"]][row["state"]] += row["messages"]
    routes = project.outbox.routes
    cells = [
        (channel, routes.get(channel, "csv"), *(f"{states[state]:,}" for state in STATES))
        for channel, states in by_channel.items()
    ]
    console.table("Messages in the outbox", ("channel", "goes to", *STATES), cells, texts=("goes to",))
    _say_what_waits(project, console, rows)


def send_messages(
    project_name: str,
    overrides: list[str],
    channel: str | None,
    on: str | None,
    limit: int | None,
    wait_s: float,
    quiet: bool,
) -> None:
    """Send what is due and say what came of it.

    Raises
    ------
    Incomplete
        If messages failed or should have left and have not; they are counted, with what went wrong.
    """
    project, console = load_project(project_name, overrides), Console(quiet)
    with console.stage("outbox") as progress:
        dispatch = send_due(project, limit=limit, channel=channel, day=_day(on), wait_s=wait_s)
        progress.note(dispatch.said)
    dispatch.raise_failures(project_name)


def preview(project_name: str, overrides: list[str], channel: str | None, on: str | None, limit: int | None) -> None:
    """Print what would be sent where; send nothing and write nothing."""
    project, console = load_project(project_name, overrides), Console()
    outbox = outbox_of(project, Clock(), _day(on))
    found = would_send(outbox, lanes_of(project, outbox, channel), limit)
    numbers = Counter((name, each.channel, each.owner) for name, each in found)
    rows = [(*names, f"{count:,}") for names, count in sorted(numbers.items())]
    if rows:
        console.table("What would be sent", ("to", "channel", "owner", "messages"), rows, texts=("channel", "owner"))
    first = [(each.key, each.customer_id, each.playbook, each.due.isoformat()) for _, each in found[:SHOWN]]
    if first:
        console.table("The first", ("key", "customer", "playbook", "due"), first, texts=("customer", "playbook"))
    console.line(f"{len(found):,} messages are due on {outbox.today}. Nothing was sent.")


def list_messages(project_name: str, state: str | None, channel: str | None, most: int) -> None:
    """Print messages of a state and channel.

    Raises
    ------
    ConfigError
        If there is no such state.
    """
    if state is not None and state not in STATES:
        raise ConfigError(f"There is no state '{state}'", allowed=nearest(state, STATES), do="choose one")
    rows = listed(load_project(project_name), state, channel, most)
    if not rows:
        Console().line("No message is like that.")
        return
    names = {"key": "key", "customer_id": "customer", "playbook": "playbook", "planned_for": "day", "state": "state"}
    if any(row["error"] for row in rows):
        names |= {"channel": "channel", "attempts": "attempts", "error": "what went wrong"}
    cells = [["" if row[name] is None else str(row[name]) for name in names] for row in rows]
    texts = set(names.values()) - {"attempts"}
    Console().table("Messages, the latest planned first", tuple(names.values()), cells, texts=texts)


def retry_messages(project_name: str, keys: Sequence[str], channel: str | None, wait_s: float) -> None:
    """Plan failed messages again, those named or all.

    Raises
    ------
    Incomplete
        If some of those named have not failed; the others are planned.
    """
    outbox = _outbox(project_name, wait_s)
    with outbox.opened() as connection:
        failed = table.keys_in(connection, FAILED, channel)
        chosen = [key for key in failed if key in set(keys)] if keys else failed
        outbox.retry(chosen)
    Console().line(f"{len(chosen):,} messages are planned again. Next: churnlab outbox send -p {project_name}")
    _name_others([key for key in keys if key not in chosen], "have not failed")


def confirm_messages(project_name: str, what: Sequence[str], is_failed: bool, wait_s: float) -> None:
    """Mark messages as delivered, or as failed, by their keys or by files that hold them.

    Raises
    ------
    DataError
        If a file has no column ``key``.
    Incomplete
        If some keys are of no message that was sent; the others are marked.
    """
    keys = list(dict.fromkeys(key for each in what for key in _keys(each)))
    outbox, to = _outbox(project_name, wait_s), FAILED if is_failed else DELIVERED
    with outbox.opened() as connection:
        states = table.states_of(connection, keys)
        sent = [key for key in keys if states.get(key) in (SENT, FAILED)]
        marked = outbox.mark_failed(sent, "its receiver says so") if is_failed else outbox.mark_delivered(sent)
    there_before = sum(state == to for state in states.values()) - (to == FAILED) * (len(sent) - marked)
    Console().line(f"{marked:,} messages {to}{f', {there_before:,} were before' if there_before else ''}.")
    _name_others([key for key in keys if key not in sent and states.get(key) != to], "were not sent")


def _say_what_waits(project: Project, console: Console, rows: Sequence[dict[str, Any]]) -> None:
    waiting = [row for row in rows if row["state"] == PLANNED]
    if waiting:
        oldest = min(waiting, key=lambda row: row["first_day"])
        console.line(f"The oldest that waits is planned for {oldest['first_day']} ({oldest['channel']}).")
    if any(row["state"] == FAILED for row in rows):
        console.line(f"What failed, and why: churnlab outbox list -s failed -p {project.name}")


def _outbox(project_name: str, wait_s: float) -> Outbox:
    return outbox_of(load_project(project_name), Clock(), wait_s=wait_s)


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--on {text} is no day", allowed="2026-11-02", do="write a date") from None


def _keys(text: str) -> list[str]:
    """Give the keys of a file, or the one that was typed."""
    if not (text.lower().endswith(".csv") or Path(text).is_file()):
        return [text]
    allowed = "a CSV file with a column key, such as those of the outbox"
    try:
        rows = csv.DictReader(Path(text).read_text(encoding="utf-8-sig").splitlines())
        return [row["key"] for row in rows if row["key"]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{text} cannot be read", allowed=allowed, do="name another file") from error
    except KeyError:
        raise DataError(f"{text} has no column key", allowed=allowed, do="name another file") from None


def _name_others(keys: Sequence[str], why: str) -> None:
    if keys:
        raise Incomplete(
            f"{len(keys):,} of the keys named {why}: {', '.join(keys[:5])}",
            allowed="keys of this project's outbox",
            do="see churnlab outbox list",
        )
