"""Commands about rows that the checks have set aside."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import Debug, Project, guarded

app = typer.Typer(help="Rows that the checks have set aside: list, show, release.", no_args_is_help=True)
TableName = Annotated[str, typer.Argument(help="Table such as orders.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Only rows with this reason.")]


@app.command("list")
def list_quarantine(project: Project = "demo", debug: Debug = False) -> None:
    """List the tables with rows in quarantine, and why."""

    def work() -> None:
        from pipelines.commands.quarantine import list_quarantine

        list_quarantine(project)

    guarded(work, debug)


@app.command("show")
def show_quarantine(
    table: TableName,
    project: Project = "demo",
    reason: Reason = None,
    most: Annotated[int, typer.Option(help="Rows to show.")] = 20,
    debug: Debug = False,
) -> None:
    """Show rows of a table in quarantine."""

    def work() -> None:
        from pipelines.commands.quarantine import show_quarantine

        show_quarantine(project, table, reason, most)

    guarded(work, debug)


@app.command("release")
def release_quarantine(
    table: TableName,
    project: Project = "demo",
    reason: Reason = None,
    row: Annotated[list[int] | None, typer.Option(help="Number of a row, as show gives it; may repeat.")] = None,
    debug: Debug = False,
) -> None:
    """Release rows, so that the next validation accepts them."""

    def work() -> None:
        from pipelines.commands.quarantine import release_quarantine

        release_quarantine(project, table, reason, row)

    guarded(work, debug)
