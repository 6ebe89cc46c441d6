"""Commands that run stages: the whole line, and every stage by its name."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import AsOf, Debug, Force, Project, Quiet, Set, Wait, guarded

app = typer.Typer()


@app.command()
def run(
    project: Project = "demo",
    set_: Set = None,
    force: Force = False,
    wait: Wait = 0.0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run the whole line: tables in, champion and scores out."""

    def work() -> None:
        from pipelines.commands.line import run_line

        run_line(project, set_ or [], force, quiet, wait)

    guarded(work, debug)


def _stage_command(name: str, summary: str) -> None:
    def command(
        project: Project = "demo",
        set_: Set = None,
        force: Force = False,
        wait: Wait = 0.0,
        quiet: Quiet = False,
        debug: Debug = False,
    ) -> None:
        def work() -> None:
            from pipelines.commands.line import run_stage

            run_stage(name, project, set_ or [], force, quiet, wait_s=wait)

        guarded(work, debug)

    app.command(name, help=summary, rich_help_panel=None)(command)


STAGES = {
    "simulate": "Make the demo company's tables.",
    "ingest": "Read a company's sources into the warehouse.",
    "validate": "Check the tables and set aside what cannot be used.",
    "label": "Say who was a customer at each cutoff, and who left afterwards.",
    "features": "Compute what was known about each customer at each cutoff.",
    "train": "Train every model family and log each as a run.",
    "evaluate": "Judge every model on customers that none has seen.",
    "export": "Put the champion into a folder that stands alone.",
    "mart": "Write the tables that the dashboard and BI tools read.",
}
for _name, _summary in STAGES.items():
    _stage_command(_name, _summary)


@app.command()
def score(
    project: Project = "demo",
    as_of: AsOf = None,
    first: Annotated[str | None, typer.Option("--from", help="First date of several, to score the past.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last date of several; the newest by default.")] = None,
    every: Annotated[int, typer.Option(help="Days between the dates of --from and --to.", min=1, max=3660)] = 7,
    set_: Set = None,
    wait: Wait = 0.0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Score the customers who are still here, and write the scores.

    With --from the past is scored too, each date with what was known by then, by today's champion.
    """

    def work() -> None:
        if first is not None or last is not None:
            from pipelines.commands.backfill import backfill

            backfill(project, set_ or [], quiet, (first, last, as_of), every, wait)
            return
        from pipelines.commands.line import run_stage

        run_stage("score", project, set_ or [], True, quiet, as_of, wait)

    guarded(work, debug)
