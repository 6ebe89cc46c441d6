"""The command that writes the report on the newest judged model and says where it is."""

from __future__ import annotations

import webbrowser

from pipelines.artifacts import Store
from pipelines.config import load_project
from pipelines.console import Console
from pipelines.errors import NotReady


def report(project_name: str, opens: bool) -> None:
    """Write the report anew from what was judged, say where it is, and open it where that is asked for.

    Raises
    ------
    NotReady
        If no model of the project has been judged.
    """
    from pipelines.judging.judge import read_tables
    from pipelines.lock import workspace_lock
    from pipelines.report.model_report import write_report
    from pipelines.report.sections.gates import verdict
    from pipelines.report.terms import Judged

    project = load_project(project_name)
    store = Store(project.home / "artifacts")
    if not (store.exists("judged") and store.exists("judged_tables")):
        raise NotReady(
            f"No model of project {project.name} has been judged yet", do=f"run: churnlab run -p {project_name}"
        )
    judged = Judged(store.load("judged"), read_tables(store.load("judged_tables")), project.value_names)
    with workspace_lock(project.home, "report"):
        page, card = write_report(judged, project.home / "reports")
    console = Console()
    console.line(verdict(judged).en)
    console.line(f"{page}  the page, for people (en, 中文)")
    console.line(f"{card}  the same as Markdown")
    if opens and not webbrowser.open(page.resolve().as_uri()):
        console.line("No browser could be opened; open the page yourself.")
