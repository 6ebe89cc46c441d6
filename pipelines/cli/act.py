"""Commands about what is done about scores."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import Debug, Project, Quiet, Set, Wait, guarded

app = typer.Typer()


@app.command()
def alerts(
    project: Project = "demo",
    owner: Annotated[str | None, typer.Option(help="Only what is for this owner, such as sales.")] = None,
    most: Annotated[int, typer.Option(help="Customers to list.", min=1)] = 20,
    language: Annotated[str, typer.Option("--language", "-l", help="en or zh.")] = "en",
    debug: Debug = False,
) -> None:
    """List the alerts of the week, one line a customer, the most value at risk first."""

    def work() -> None:
        from pipelines.commands.alerts import list_alerts

        list_alerts(project, owner, most, language)

    guarded(work, debug)


@app.command()
def act(
    project: Project = "demo",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be decided; write nothing.")] = False,
    language: Annotated[str, typer.Option("--language", "-l", help="Of the messages shown: en or zh.")] = "en",
    set_: Set = None,
    wait: Wait = 0.0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Raise the alerts of rules, and plan the actions that keep most within capacity and budget."""

    def work() -> None:
        if dry_run:
            from pipelines.commands.act import try_act

            try_act(project, set_ or [], language)
            return
        from pipelines.commands.line import run_stage

        run_stage("act", project, set_ or [], True, quiet, wait_s=wait)

    guarded(work, debug)
