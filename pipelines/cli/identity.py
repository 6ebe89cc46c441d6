"""Commands about ids of several systems that were joined."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import Debug, Project, guarded

app = typer.Typer(help="Ids of several systems that were joined: list, show.", no_args_is_help=True)


@app.command("list")
def list_identity(project: Project = "demo", debug: Debug = False) -> None:
    """Count the pairs of ids that were joined or wait for a person, and why."""

    def work() -> None:
        from pipelines.commands.identity import list_identity

        list_identity(project)

    guarded(work, debug)


@app.command("show")
def show_identity(
    customer: Annotated[str, typer.Argument(help="A customer's id, or system:id.")],
    project: Project = "demo",
    debug: Debug = False,
) -> None:
    """Show the ids of one customer and why they are one."""

    def work() -> None:
        from pipelines.commands.identity import show_identity

        show_identity(project, customer)

    guarded(work, debug)
