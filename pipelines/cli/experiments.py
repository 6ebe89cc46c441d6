"""Commands about experiments on customers."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import Debug, Project, guarded

app = typer.Typer(
    help="Whether acting helps: list, design, assign, measure, show, review, rehearse.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help="An experiment (churnlab experiments list).")]
Language = Annotated[str, typer.Option("--language", "-l", help="en or zh.")]


@app.command("list")
def list_experiments(project: Project = "demo", language: Language = "en", debug: Debug = False) -> None:
    """List every experiment with its customers and what was decided."""

    def work() -> None:
        from pipelines.commands.experiments import list_experiments

        list_experiments(project, language)

    guarded(work, debug)


@app.command("design")
def design_experiment(
    name: Name,
    project: Project = "demo",
    weekly: Annotated[float | None, typer.Option("--weekly", help="Customers who come in each week.", min=0.1)] = None,
    debug: Debug = False,
) -> None:
    """Say how many customers an experiment needs, what it can show, and how long it takes."""

    def work() -> None:
        from pipelines.commands.experiments import design_experiment

        design_experiment(project, name, weekly)

    guarded(work, debug)


@app.command("assign")
def assign_experiment(name: Name, project: Project = "demo", debug: Debug = False) -> None:
    """Give today's customers of an experiment their arm; those who have one keep it."""

    def work() -> None:
        from pipelines.commands.experiments import assign_experiment

        assign_experiment(project, name)

    guarded(work, debug)


@app.command("measure")
def measure_experiments(
    name: Annotated[str | None, typer.Argument(help="An experiment; without it all are measured.")] = None,
    project: Project = "demo",
    debug: Debug = False,
) -> None:
    """Say what happened to those whose window is over: effect, return, decision."""

    def work() -> None:
        from pipelines.commands.experiments_measured import measure_experiments

        measure_experiments(project, name)

    guarded(work, debug)


@app.command("show")
def show_experiment(name: Name, project: Project = "demo", language: Language = "en", debug: Debug = False) -> None:
    """Show what was last measured."""

    def work() -> None:
        from pipelines.commands.experiments import show_experiment

        show_experiment(project, name, language)

    guarded(work, debug)


@app.command("review")
def review_experiments(project: Project = "demo", language: Language = "en", debug: Debug = False) -> None:
    """List the strategies of each month: what they kept, cost and returned, and keep, change or stop."""

    def work() -> None:
        from pipelines.commands.experiments import review_experiments

        review_experiments(project, language)

    guarded(work, debug)


@app.command("rehearse")
def rehearse_experiment(
    name: Name,
    project: Project = "demo",
    seed: Annotated[int, typer.Option(help="Other seeds draw other outcomes.", min=0)] = 0,
    debug: Debug = False,
) -> None:
    """Play an experiment on the demo company: outcomes are drawn from its customers' known responses."""

    def work() -> None:
        from pipelines.commands.experiments_rehearsal import rehearse_experiment

        rehearse_experiment(project, name, seed)

    guarded(work, debug)
