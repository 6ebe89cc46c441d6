"""The user's crontab: one block between marks for each project, all other lines untouched."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime

from pipelines.errors import ConfigError, ConnectionFailed
from pipelines.schedule.command import Scheduled, cron_command, rendered
from pipelines.schedule.plan import machine_zone, same_clock


def block(scheduled: Scheduled) -> str:
    """Give the lines of a project.

    Raises
    ------
    ConfigError
        If the plan is in a zone in which cron of this machine does not think.
    """
    zone, here = scheduled.plan.zone, machine_zone()
    if zone is not None and not same_clock(zone, here, datetime.now(UTC).year):
        raise ConfigError(
            f"cron of this machine keeps the time of {here}, not of {zone}",
            allowed=f"--zone {here}",
            do=f"give --at in {here}, or use --kind systemd",
        )
    begin, end = _marks(scheduled.name)
    return rendered("cron.j2", begin=begin, end=end, fields=scheduled.plan.cron, command=cron_command(scheduled))


def with_block(table: str, name: str, lines: str) -> str:
    """Put a project's block into a crontab, in the place of the one that is there."""
    found = _pattern(name).search(table)
    if found is not None:
        return table[: found.start()] + lines + table[found.end() :]
    return table + ("" if not table or table.endswith("\n") else "\n") + lines


def without_block(table: str, name: str) -> str:
    """Take a project's block out of a crontab."""
    return _pattern(name).sub("", table)


def has_block(table: str, name: str) -> bool:
    """Whether a crontab has a project's block."""
    return _pattern(name).search(table) is not None


def read() -> str:
    """Read the user's crontab; empty where there is none.

    Raises
    ------
    ConnectionFailed
        If there is no cron, or it refuses; nothing may be written then.
    """
    ended = _cron(["crontab", "-l"])
    if ended.returncode and "no crontab" not in ended.stderr.lower():
        raise _unreachable(ended.stderr.strip())
    return "" if ended.returncode else ended.stdout


def write(table: str) -> None:
    """Replace the user's crontab."""
    ended = _cron(["crontab", "-"], table)
    if ended.returncode:
        raise _unreachable(ended.stderr.strip())


def _marks(name: str) -> tuple[str, str]:
    return f"# >>> churnlab {name} >>>", f"# <<< churnlab {name} <<<"


def _pattern(name: str) -> re.Pattern[str]:
    begin, end = map(re.escape, _marks(name))
    return re.compile(rf"^{begin}\n(?:.*\n)*?{end}(?:\n|\Z)", re.MULTILINE)


def _cron(command: list[str], given: str | None = None) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unreachable(str(error)) from error


def _unreachable(why: str) -> ConnectionFailed:
    return ConnectionFailed(
        f"crontab does not work here: {why}",
        do="install cron, use --kind systemd, or --output FOLDER to write the line only",
    )
