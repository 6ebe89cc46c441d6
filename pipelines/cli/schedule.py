"""Commands that let the job run by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Debug, Project, guarded

app = typer.Typer(help="When the job runs by itself: install, show, remove.", no_args_is_help=True)


@app.command()
def install(
    project: Project = "demo",
    at: Annotated[str, typer.Option(help="Time of day; of an hourly job the minutes count.")] = "06:00",
    zone: Annotated[str | None, typer.Option(help="IANA zone; this machine's, or UTC elsewhere.")] = None,
    every: Annotated[str, typer.Option(help="day or hour.")] = "day",
    kind: Annotated[str | None, typer.Option(help="systemd, cron, kubernetes or airflow.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write the files there, change nothing else.")] = None,
    image: Annotated[str, typer.Option(help="Image of the container, for kubernetes.")] = "churnlab:latest",
    debug: Debug = False,
) -> None:
    """Let the job run by itself, by systemd or cron; or write files for Kubernetes or Airflow."""

    def work() -> None:
        from pipelines.commands.schedule import install_schedule

        install_schedule(project, at, every, zone, kind, output, image)

    guarded(work, debug)


@app.command()
def show(project: Project = "demo", debug: Debug = False) -> None:
    """Say when the job runs, by what, and whether that is still in place."""

    def work() -> None:
        from pipelines.commands.schedule import show_schedule

        show_schedule(project)

    guarded(work, debug)


@app.command()
def remove(project: Project = "demo", debug: Debug = False) -> None:
    """Take the schedule away; nothing else of cron or systemd is touched."""

    def work() -> None:
        from pipelines.commands.schedule import remove_schedule

        remove_schedule(project)

    guarded(work, debug)
