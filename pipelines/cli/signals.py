"""Commands about signals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Debug, Project, guarded

app = typer.Typer(help="What is known about a customer: list, show, explain, new, test.", no_args_is_help=True)
SignalName = Annotated[str, typer.Argument(help="Name such as usage__logins__7d, or usage__logins.")]


@app.command("list")
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

    guarded(work, debug)


@app.command("show")
def show_signal(name: SignalName, project: Project = "demo", debug: Debug = False) -> None:
    """Show what a signal means, its unit, its direction and its sentences."""

    def work() -> None:
        from pipelines.commands.signals import show_signal

        show_signal(project, name)

    guarded(work, debug)


@app.command("explain")
def explain_signal(name: SignalName, project: Project = "demo", debug: Debug = False) -> None:
    """Explain a signal by its example: rows, and the value that comes of them."""

    def work() -> None:
        from pipelines.commands.signals import explain_signal

        explain_signal(project, name)

    guarded(work, debug)


@app.command("new")
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

    guarded(work, debug)


@app.command("test")
def prove_signals(
    project: Project = "demo",
    everything: Annotated[bool, typer.Option("--all", help="The shipped signals as well.")] = False,
    debug: Debug = False,
) -> None:
    """Compute the examples of your own signals."""

    def work() -> None:
        from pipelines.commands.own_signals import prove_signals

        prove_signals(project, everything)

    guarded(work, debug)
