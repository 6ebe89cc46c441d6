"""Commands of whoever operates the scores: the nightly job and how it stands."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pipelines.cli.options import AsOf, Debug, Project, Quiet, Set, Wait, guarded

app = typer.Typer()


@app.command()
def job(
    project: Project = "demo",
    as_of: AsOf = None,
    set_: Set = None,
    wait: Wait = 0.0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Do the nightly work: ingest, validate, score with the champion that there is, hand on. Trains nothing."""

    def work() -> None:
        from pipelines.commands.job import run_job

        run_job(project, set_ or [], as_of, wait, quiet)

    guarded(work, debug)


@app.command()
def status(
    project: Project = "demo",
    language: Annotated[str, typer.Option("--language", "-l", help="en or zh.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    debug: Debug = False,
) -> None:
    """Say how old and how complete the scores are, what runs next, and what is wrong. Exit code 10: not fresh."""

    def work() -> None:
        from pipelines.commands.job import show_status
        from pipelines.errors import Stale

        try:
            show_status(project, language, as_json)
        except Stale as stale:
            sys.exit(stale.exit_code)

    guarded(work, debug)


@app.command()
def forget(
    customer: Annotated[str, typer.Argument(help="The customer's id, or system:id.")],
    project: Project = "demo",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go; change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    wait: Wait = 0.0,
    debug: Debug = False,
) -> None:
    """Erase a customer from everything that the project keeps, and keep the customer out of later loads."""

    def work() -> None:
        from pipelines.commands.forget import count_traces, forget_customer

        if dry_run:
            count_traces(project, customer)
        else:
            agreed = yes or typer.confirm("This cannot be undone. Erase the customer?")
            forget_customer(project, customer, agreed, wait)

    guarded(work, debug)
