"""The command that measures the customer base."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import Debug, Project, Set, guarded

app = typer.Typer()


@app.command()
def measures(
    project: Project = "demo",
    by: Annotated[str | None, typer.Option("--by", help="Divide by industry, plan, tenure and so on.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="First day or month, such as 2026-01.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day or month.")] = None,
    every: Annotated[str, typer.Option("--every", help="month, quarter, year, or all for one period.")] = "month",
    as_json: Annotated[bool, typer.Option("--json", help="Every sum and rate, as JSON.")] = False,
    language: Annotated[str, typer.Option("--language", "-l", help="en or zh.")] = "en",
    set_: Set = None,
    debug: Debug = False,
) -> None:
    """Say who came, stayed and left, and what it cost; write it to the tables of the schema business.

    With --by, --from, --to or --every only that is computed, and nothing is written.
    """

    def work() -> None:
        from pipelines.commands.measures import Asked, tell_measures

        tell_measures(project, Asked(by, first, last, every, as_json, language), set_ or [])

    guarded(work, debug)
