"""Commands that look: a first look at files, who is about to leave, the report, the MLflow UI."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import Debug, Project, guarded

app = typer.Typer()


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

    guarded(work, debug)


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

    guarded(work, debug)


@app.command()
def report(
    project: Project = "demo",
    month: Annotated[
        str | None, typer.Option(help="Write the review of this month, such as 2026-10, or of the last one: last.")
    ] = None,
    without_customers: Annotated[
        bool, typer.Option("--without-customers", help="Leave customers' names out of the review, to send it on.")
    ] = False,
    opens: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="In which the review opens: en or zh; else the browser's.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Write the report on the newest model, or with --month the review of a month, en and zh, and say where it is.

    One page that opens without a network. The report: who leaves, what acting on it is worth, whether the percentages
    hold, and whether the gates let the model be used; the line writes it too, and logs it with the run in MLflow. The
    review: what changed, why, who, what was done, and what it brought.
    """

    def work() -> None:
        from pipelines.commands.report import report, review

        if month is not None:
            review(project, month, language, without_customers, opens)
        else:
            report(project, opens)

    guarded(work, debug)


@app.command()
def dashboard(
    project: Project = "demo",
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8501,
    debug: Debug = False,
) -> None:
    """Open the dashboard on the newest scores, en and zh, on 127.0.0.1 only."""

    def work() -> None:
        from pipelines.dashboard.server import serve

        serve(project, port)

    guarded(work, debug)


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

    guarded(work, debug)
