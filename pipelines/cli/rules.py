"""Commands about early-warning rules."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import Debug, Project, guarded

app = typer.Typer(help="What warns before a customer leaves: list, show, new, test on the past.", no_args_is_help=True)
RuleName = Annotated[str, typer.Argument(help="Name such as many_tickets.")]


@app.command("list")
def list_rules(
    project: Project = "demo",
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    debug: Debug = False,
) -> None:
    """List every rule, and why one cannot fire here."""

    def work() -> None:
        from pipelines.commands.rules import list_rules

        list_rules(project, as_json)

    guarded(work, debug)


@app.command("show")
def show_rule(name: RuleName, project: Project = "demo", debug: Debug = False) -> None:
    """Show a rule: condition, sentences, who is told, and its examples."""

    def work() -> None:
        from pipelines.commands.rules import show_rule

        show_rule(project, name)

    guarded(work, debug)


@app.command("test")
def try_rules(
    names: Annotated[list[str] | None, typer.Argument(help="Rules; all by default.")] = None,
    project: Project = "demo",
    threshold_for: Annotated[
        float | None,
        typer.Option(min=0.1, help="Alerts a week that can be looked at: name the threshold that gives them."),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Fixed silence against the customer's own rhythm, at equal alerts.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Prove the examples, then try the rules on the past: precision, recall, lead time, alerts a week."""

    def work() -> None:
        from pipelines.commands.rules_past import try_rules

        try_rules(project, names or [], threshold_for, compare)

    guarded(work, debug)


@app.command("new")
def new_rule(
    name: Annotated[str, typer.Argument(help="Name of the rule, such as exports_all_data.")],
    signal: Annotated[str, typer.Option("--signal", "-s", help="The signal that it watches.")],
    project: Project = "demo",
    debug: Debug = False,
) -> None:
    """Write a rule of your own with its examples, to be changed."""

    def work() -> None:
        from pipelines.commands.rules import begin_rule

        begin_rule(project, name, signal)

    guarded(work, debug)
