"""The commands that let the job run by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.config import load_project
from pipelines.console import Console
from pipelines.errors import ConfigError
from pipelines.lock import workspace_lock
from pipelines.schedule.command import Scheduled
from pipelines.schedule.elsewhere import IMAGE
from pipelines.schedule.install import install, is_there, remove
from pipelines.schedule.plan import KINDS, Installed, Plan, installed, machine_zone


def install_schedule(
    project_name: str,
    at: str,
    every: str,
    zone: str | None,
    kind: str | None,
    output: Path | None,
    image: str = IMAGE,
) -> None:
    """Install the job of a project and say when it runs next."""
    chosen = next((each for each in KINDS if each == kind), None)
    if kind is not None and chosen is None:
        raise ConfigError(f"There is no kind '{kind}' of schedule", allowed=", ".join(KINDS), do="choose one")
    project = load_project(project_name)
    # Elsewhere nobody knows which zone this machine keeps.
    zone = zone or ("Etc/UTC" if chosen in ("kubernetes", "airflow") else None)
    scheduled = Scheduled(project.name, project_name, Plan.of(at, every, zone), Path.cwd())
    with workspace_lock(project.home, "schedule install"):
        made = install(project.home, scheduled, chosen, output, image)
    _show(project.name, made)
    console = Console()
    if made.kind in ("systemd", "cron") and made.is_active:
        console.line(f"Secrets for the job: {scheduled.environment_file} (NAME=value lines, mode 600)")
    if made.kind == "systemd" and made.is_active:
        console.line("To run while you are logged out: loginctl enable-linger")
    console.line(f"Next: churnlab status -p {project_name}")


def show_schedule(project_name: str) -> None:
    """Say when the job of a project runs, by what, and whether that is still in place."""
    project = load_project(project_name)
    made = installed(project.home)
    if made is None:
        Console().line(f"No schedule is installed. Next: churnlab schedule install -p {project_name} --at 06:00")
        return
    _show(project.name, made)
    if not is_there(project.name, made):
        Console().finding("It is not in place any more", f"churnlab schedule install -p {project_name}", True)


def remove_schedule(project_name: str) -> None:
    """Take the schedule of a project away."""
    project = load_project(project_name)
    with workspace_lock(project.home, "schedule remove"):
        before = remove(project.home, project.name)
    said = "No schedule was installed." if before is None else f"The schedule of {project.name} is removed."
    Console().line(said)


def _show(name: str, made: Installed) -> None:
    zone = made.plan.zone or machine_zone()
    following = made.plan.next_after(datetime.now(UTC).replace(tzinfo=None))
    local = following.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    by = made.kind if made.is_active else f"{made.kind}, files only: put them where they belong"
    rows = [("Project", name), ("Every", f"{made.plan.every} at {made.plan.at} {zone}"), ("By", by)]
    rows += [("Next", f"{local:%Y-%m-%d %H:%M}"), *(("Files", file) for file in made.files)]
    Console().facts(rows)
