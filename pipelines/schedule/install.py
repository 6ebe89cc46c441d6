"""Schedules put in place, shown and taken away; doing it twice is doing it once."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pipelines.errors import ConfigError, ConnectionFailed
from pipelines.schedule import crontab, systemd
from pipelines.schedule.command import Scheduled
from pipelines.schedule.elsewhere import IMAGE, cronjob, dag
from pipelines.schedule.plan import RECORD, Installed, Kind, installed


def install(
    home: Path, scheduled: Scheduled, kind: Kind | None, output: Path | None = None, image: str = IMAGE
) -> Installed:
    """Put a schedule in place, instead of the one that is there.

    Parameters
    ----------
    home
        The project's folder, which keeps the record.
    scheduled
        What runs when.
    kind
        By what; systemd without one, or cron where there is no systemd.
    output
        Write the files there and change nothing else.
    image
        Of the container, for Kubernetes.

    Raises
    ------
    ConfigError
        If the plan or a path does not fit the kind.
    ConnectionFailed
        If systemd or cron does not answer; the schedule from before is then still there.
    """
    kind = kind or ("systemd" if shutil.which("systemctl") else "cron")
    texts = _texts(scheduled, kind, image)
    before = installed(home)
    if output is None and kind in ("kubernetes", "airflow"):
        raise ConfigError(f"--kind {kind} makes files for elsewhere", do="say where to: --output FOLDER")
    if output is not None:
        files, active = _written(texts, output), False
    elif kind == "systemd":
        files, active = _switched_on(scheduled.name, texts, before), True
    else:
        (lines,) = texts.values()
        crontab.write(crontab.with_block(crontab.read(), scheduled.name, lines))
        files, active = (), True
    made = Installed(kind, scheduled.plan, files, active, datetime.now(UTC).replace(tzinfo=None))
    if before is not None:
        _take_away(scheduled.name, before, keep=made)
    made.save(home)
    return made


def remove(home: Path, name: str) -> Installed | None:
    """Take a project's schedule away and give what it was, ``None`` where there was none."""
    before = installed(home)
    if before is not None:
        _take_away(name, before)
        (home / RECORD).unlink(missing_ok=True)
    return before


def is_there(name: str, made: Installed) -> bool:
    """Whether what was installed still is."""
    if made.is_active and made.kind == "cron":
        with suppress(ConnectionFailed):
            return crontab.has_block(crontab.read(), name)
        return False
    return all(Path(file).is_file() for file in made.files)


def _texts(scheduled: Scheduled, kind: Kind, image: str) -> dict[str, str]:
    if kind == "systemd":
        return systemd.units(scheduled)
    if kind == "cron":
        return {f"churnlab-{scheduled.name}.cron": crontab.block(scheduled)}
    return cronjob(scheduled, image) if kind == "kubernetes" else dag(scheduled)


def _switched_on(name: str, texts: dict[str, str], before: Installed | None) -> tuple[str, ...]:
    """Write units and start the timer; where there is no manager to do so, units that are new go again."""
    files = _written(texts, systemd.unit_folder())
    try:
        systemd.switch_on(name)
    except ConnectionFailed:
        for file in set(files) - set(before.files if before else ()):
            Path(file).unlink(missing_ok=True)
        raise
    return files


def _written(texts: dict[str, str], folder: Path) -> tuple[str, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        beside = folder / f".{name}.{os.getpid()}"
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, folder / name)
    return tuple(str((folder / name).resolve()) for name in texts)


def _take_away(name: str, before: Installed, keep: Installed | None = None) -> None:
    """Take away what an installation left, but for what the next one has put in its place."""
    is_same_kind = keep is not None and keep.is_active and keep.kind == before.kind
    if before.is_active and not is_same_kind:
        if before.kind == "cron":
            crontab.write(crontab.without_block(crontab.read(), name))
        elif any(Path(file).exists() for file in before.files):
            systemd.switch_off(name)
    for file in set(before.files) - set(keep.files if keep else ()):
        Path(file).unlink(missing_ok=True)
    if before.is_active and before.kind == "systemd" and not is_same_kind:
        systemd.reload()
