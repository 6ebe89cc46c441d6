"""The commands that write the report on the newest judged model, and the review of a month, and say where it is."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipelines.artifacts import Store
from pipelines.config import load_project
from pipelines.console import Console
from pipelines.errors import ConfigError, NotReady

if TYPE_CHECKING:
    from pipelines.report.terms import Judged


def report(project_name: str, opens: bool) -> None:
    """Write the report anew from what was judged, say where it is, and open it where that is asked for.

    Raises
    ------
    NotReady
        If no model of the project has been judged.
    """
    from pipelines.judging.judge import read_tables
    from pipelines.lock import workspace_lock
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
        page, card = _written(judged, project.home / "reports", store.path("judged"))
    console = Console()
    console.line(verdict(judged).en)
    console.line(f"{page}  the page, for people (en, 中文)")
    console.line(f"{card}  the same as Markdown")
    if opens:
        _open(page, None, console)


def _written(judged: Judged, folder: Path, record: Path) -> list[Path]:
    from pipelines.report.model_report import write_report

    try:
        return write_report(judged, folder)
    except (LookupError, TypeError) as error:  # deep in figures of another version, or of a hand that changed them
        raise NotReady(
            f"{record} or the tables beside it are damaged, or of another version ({type(error).__name__}: {error})",
            allowed="what this version of churnlab evaluate writes",
            do="judge the model again: churnlab evaluate --force",
        ) from error


def review(project_name: str, month: str, language: str | None, without_customers: bool, opens: bool) -> None:
    """Write the review of a month, say where it is, and open it where that is asked for.

    Raises
    ------
    ConfigError
        If the month cannot be reviewed, or the language is another.
    NotReady
        If no tables have been accepted.
    """
    from pipelines.lock import workspace_lock
    from pipelines.review.measured import measured_months
    from pipelines.review.month import month_of_review
    from pipelines.review.page import page, read, write

    tongue = _checked(language)
    project, console = load_project(project_name), Console()
    chosen = month_of_review(month, measured_months(project), project.measures.zone)
    told = read(project, chosen, names_customers=not without_customers)
    with workspace_lock(project.home, "report"):
        path = write(told, tongue)
    answer = page(told).front.answer
    console.line(answer.zh if language == "zh" else answer.en)
    console.line(f"{path}  {PAGE_FOR[language or 'en']}")
    if opens:
        _open(path, language, console)


def _checked(language: str | None) -> Literal["en", "zh"] | None:
    match language:
        case None | "en" | "zh":
            return language
    raise ConfigError(f"There is no language '{language}'", allowed="en, zh", do="use -l en or -l zh")


def _open(page: Path, language: str | None, console: Console) -> None:
    place = f"#language={language}" if language else ""
    if not webbrowser.open(page.resolve().as_uri() + place):
        console.line("No browser could be opened; open the page yourself.")


PAGE_FOR = {
    "en": "the page, for people (en, 中文); print it from the browser for a PDF",
    "zh": "页面（中文、English）；在浏览器中打印即可得到 PDF",
}
