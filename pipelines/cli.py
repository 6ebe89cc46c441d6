"""The command ``churnlab``: every stage by its name, the whole line, and windows onto the results.

Nothing heavy is imported here, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="churnlab",
    help="Which customers are about to leave, why, what to do, and whether doing it helped.",
    epilog="First time here: churnlab run. Your own data: churnlab init PATH, docs/guides/your-data.md.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Project = Annotated[str, typer.Option("--project", "-p", help="Name of a file in conf/, or path of a YAML file.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="Change a setting, such as train.trials=50; may repeat.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Force = Annotated[bool, typer.Option("--force", help="Run even if nothing has changed.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="Instant to score at, such as 2026-10-01.")]


@app.command()
def run(
    project: Project = "demo", set_: Set = None, force: Force = False, quiet: Quiet = False, debug: Debug = False
) -> None:
    """Run the whole line: tables in, champion and scores out."""

    def work() -> None:
        from pipelines.commands.line import run_line

        run_line(project, set_ or [], force, quiet)

    _guarded(work, debug)


def _stage_command(name: str, summary: str) -> None:
    def command(
        project: Project = "demo", set_: Set = None, force: Force = False, quiet: Quiet = False, debug: Debug = False
    ) -> None:
        def work() -> None:
            from pipelines.commands.line import run_stage

            run_stage(name, project, set_ or [], force, quiet)

        _guarded(work, debug)

    app.command(name, help=summary, rich_help_panel=None)(command)


STAGES = {
    "simulate": "Make the demo company's tables.",
    "ingest": "Read a company's sources into the warehouse.",
    "validate": "Check the tables and set aside what cannot be used.",
    "label": "Say who was a customer at each cutoff, and who left afterwards.",
    "features": "Compute what was known about each customer at each cutoff.",
    "train": "Train every model family and log each as a run.",
    "evaluate": "Judge every model on customers that none has seen.",
    "promote": "Let the new model challenge the champion.",
    "export": "Put the champion into a folder that stands alone.",
}
for _name, _summary in STAGES.items():
    _stage_command(_name, _summary)


@app.command()
def score(
    project: Project = "demo",
    as_of: AsOf = None,
    set_: Set = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Score the customers who are still here, and write the scores."""

    def work() -> None:
        from pipelines.commands.line import run_stage

        run_stage("score", project, set_ or [], True, quiet, as_of)

    _guarded(work, debug)


@app.command()
def init(
    paths: Annotated[list[str], typer.Argument(help="Files or folders: CSV, Parquet, Excel, DuckDB, SQLite.")],
    name: Annotated[str | None, typer.Option("--name", help="Name of the project; the folder's by default.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a YAML that is there already.")] = False,
    debug: Debug = False,
) -> None:
    """Look at your files and propose a project for them in conf/."""

    def work() -> None:
        from pipelines.commands.init import init

        init(paths, name, force)

    _guarded(work, debug)


@app.command()
def risks(
    customer: Annotated[str | None, typer.Argument(help="A customer's id; all by default.")] = None,
    project: Project = "demo",
    most: Annotated[int, typer.Option(help="Customers to list.", min=1)] = 10,
    language: Annotated[str, typer.Option("--language", "-l", help="en or zh.")] = "en",
    debug: Debug = False,
) -> None:
    """List the customers most likely to leave, each with its reasons; or tell all about one."""

    def work() -> None:
        from pipelines.commands.risks import list_risks, tell_risk

        if customer is None:
            list_risks(project, most, language)
        else:
            tell_risk(project, customer, language)

    _guarded(work, debug)


@app.command()
def report(
    project: Project = "demo",
    opens: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    debug: Debug = False,
) -> None:
    """Write the report on the newest model, en and zh, and say where it is.

    One page that opens without a network: who leaves, what acting on it is worth, whether the percentages hold, and
    whether the gates let the model be used. The line writes it too, and logs it with the run in MLflow.
    """

    def work() -> None:
        from pipelines.commands.report import report

        report(project, opens)

    _guarded(work, debug)


@app.command()
def ui(
    project: Project = "demo",
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 5000,
    debug: Debug = False,
) -> None:
    """Open the MLflow UI on the project's runs, on 127.0.0.1 only."""

    def work() -> None:
        from pipelines.commands.line import open_ui

        open_ui(project, port)

    _guarded(work, debug)


signals = typer.Typer(help="What is known about a customer: list, show, explain, new, test.", no_args_is_help=True)
app.add_typer(signals, name="signals", rich_help_panel=None)
SignalName = Annotated[str, typer.Argument(help="Name such as usage__logins__7d, or usage__logins.")]


@signals.command("list")
def list_signals(
    project: Project = "demo",
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    core: Annotated[bool, typer.Option("--core", help="Only the indicators of the front page.")] = False,
    debug: Debug = False,
) -> None:
    """List every signal; one name a line when piped."""

    def work() -> None:
        from pipelines.commands.signals import list_signals

        list_signals(project, as_json, core)

    _guarded(work, debug)


@signals.command("show")
def show_signal(name: SignalName, project: Project = "demo", debug: Debug = False) -> None:
    """Show what a signal means, its unit, its direction and its sentences."""

    def work() -> None:
        from pipelines.commands.signals import show_signal

        show_signal(project, name)

    _guarded(work, debug)


@signals.command("explain")
def explain_signal(name: SignalName, project: Project = "demo", debug: Debug = False) -> None:
    """Explain a signal by its example: rows, and the value that comes of them."""

    def work() -> None:
        from pipelines.commands.signals import explain_signal

        explain_signal(project, name)

    _guarded(work, debug)


@signals.command("new")
def new_signal(
    measure: Annotated[str, typer.Argument(help="Name of what it measures, such as exports_done.")],
    table: Annotated[str, typer.Option("--table", "-t", help="The table whose rows it reads, such as orders.")],
    project: Project = "demo",
    folder: Annotated[Path | None, typer.Option(help="Where to write it; the first of features.folders.")] = None,
    debug: Debug = False,
) -> None:
    """Write a signal of your own with its example, to be changed."""

    def work() -> None:
        from pipelines.commands.own_signals import begin_signal

        begin_signal(project, measure, table, folder)

    _guarded(work, debug)


@signals.command("test")
def prove_signals(
    project: Project = "demo",
    everything: Annotated[bool, typer.Option("--all", help="The shipped signals as well.")] = False,
    debug: Debug = False,
) -> None:
    """Compute the examples of your own signals."""

    def work() -> None:
        from pipelines.commands.own_signals import prove_signals

        prove_signals(project, everything)

    _guarded(work, debug)


quarantine = typer.Typer(help="Rows that the checks have set aside: list, show, release.", no_args_is_help=True)
app.add_typer(quarantine, name="quarantine", rich_help_panel=None)
TableName = Annotated[str, typer.Argument(help="Table such as orders.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Only rows with this reason.")]


@quarantine.command("list")
def list_quarantine(project: Project = "demo", debug: Debug = False) -> None:
    """List the tables with rows in quarantine, and why."""

    def work() -> None:
        from pipelines.commands.quarantine import list_quarantine

        list_quarantine(project)

    _guarded(work, debug)


@quarantine.command("show")
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

    _guarded(work, debug)


@quarantine.command("release")
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

    _guarded(work, debug)


identity = typer.Typer(help="Ids of several systems that were joined: list, show.", no_args_is_help=True)
app.add_typer(identity, name="identity", rich_help_panel=None)


@identity.command("list")
def list_identity(project: Project = "demo", debug: Debug = False) -> None:
    """Count the pairs of ids that were joined or wait for a person, and why."""

    def work() -> None:
        from pipelines.commands.identity import list_identity

        list_identity(project)

    _guarded(work, debug)


@identity.command("show")
def show_identity(
    customer: Annotated[str, typer.Argument(help="A customer's id, or system:id.")],
    project: Project = "demo",
    debug: Debug = False,
) -> None:
    """Show the ids of one customer and why they are one."""

    def work() -> None:
        from pipelines.commands.identity import show_identity

        show_identity(project, customer)

    _guarded(work, debug)


def _guarded(work: Callable[[], Any], debug: bool) -> None:
    """Turn a user's mistake into three lines and an exit code."""
    from pipelines.errors import ChurnLabError, refusal

    try:
        work()
    except KeyboardInterrupt:
        print("Stopped; earlier results are untouched.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        said = error if isinstance(error, ChurnLabError) else refusal(error)
        if debug or said is None:
            raise
        from pipelines.console import Console

        Console().error(said)
        sys.exit(said.exit_code)


def main() -> None:
    """Start the command."""
    app()
