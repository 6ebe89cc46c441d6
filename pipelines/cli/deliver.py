"""The command that brings scores to where people work."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import Debug, Project, Quiet, Set, Wait, guarded

app = typer.Typer()


@app.command()
def deliver(
    project: Project = "demo",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    run: Annotated[str | None, typer.Option("--run", help="Bring an earlier run, by its run_id.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Bring every finished run, the oldest first.")] = False,
    grants: Annotated[bool, typer.Option("--grants", help="Print SQL for a role that can do only this.")] = False,
    set_: Set = None,
    wait: Wait = 0.0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Bring the newest scores to the databases and folders of deliver.destinations."""

    def work() -> None:
        from pipelines.commands.deliver import ALL, deliver_scores, print_grants

        if grants:
            print_grants(project, set_ or [])
        else:
            deliver_scores(project, set_ or [], ALL if everything else run, dry_run, quiet, wait)

    guarded(work, debug)
