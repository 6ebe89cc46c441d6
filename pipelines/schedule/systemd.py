"""Timers of systemd, run by the user's own manager."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pipelines.errors import ConnectionFailed
from pipelines.schedule.command import Scheduled, configuration_folder, rendered, systemd_path, systemd_words
from pipelines.schedule.plan import Plan


def unit_name(name: str) -> str:
    """Give the name of a project's units."""
    return f"churnlab-{name}"


def unit_folder() -> Path:
    """Give the folder in which systemd looks for this user's units."""
    return configuration_folder() / "systemd" / "user"


def calendar(plan: Plan) -> str:
    """Write a plan as systemd does.

    >>> calendar(Plan(6, 0, "day", "Europe/Berlin")), calendar(Plan(0, 15, "hour"))
    ('*-*-* 06:00:00 Europe/Berlin', '*-*-* *:15:00')
    """
    hour = "*" if plan.every == "hour" else f"{plan.hour:02d}"
    return f"*-*-* {hour}:{plan.minute:02d}:00" + (f" {plan.zone}" if plan.zone else "")


def units(scheduled: Scheduled) -> dict[str, str]:
    """Give the text of each unit by its file name."""
    unit = unit_name(scheduled.name)
    values = {
        "unit": unit,
        "name": scheduled.name,
        "folder": systemd_path(scheduled.folder),
        "job": systemd_words(scheduled.job),
        "status": systemd_words(scheduled.status),
        "environment_file": systemd_path(scheduled.environment_file),
        "calendar": calendar(scheduled.plan),
    }
    files = {f"{unit}.service": "service", f"{unit}-failed.service": "failed", f"{unit}.timer": "timer"}
    return {file: rendered(f"{template}.j2", **values) for file, template in files.items()}


def switch_on(name: str) -> None:
    """Let the manager read the units and start the timer.

    Raises
    ------
    ConnectionFailed
        If there is no systemd, or no manager of this user.
    """
    _tell("daemon-reload")
    _tell("enable", "--now", f"{unit_name(name)}.timer")


def switch_off(name: str) -> None:
    """Stop the timer, if it is there."""
    _tell("disable", "--now", f"{unit_name(name)}.timer")


def reload() -> None:
    """Let the manager forget units whose files are gone."""
    _tell("daemon-reload")


def _tell(*words: str) -> None:
    command = ["systemctl", "--user", *words]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unreachable(str(error)) from error
    if ended.returncode:
        raise _unreachable(ended.stderr.strip() or f"exit code {ended.returncode}")


def _unreachable(why: str) -> ConnectionFailed:
    return ConnectionFailed(
        f"systemctl --user does not work here: {why}",
        allowed="a login session of this user, or one kept by: loginctl enable-linger",
        do="use --kind cron, or --output FOLDER to write the units only",
    )
