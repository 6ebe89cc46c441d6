"""The report on a model: one page that opens without a network, and the same as a Markdown card."""

from __future__ import annotations

from pathlib import Path

from evaluation.gates.words import Words
from pipelines.report.front import front
from pipelines.report.markdown import card
from pipelines.report.numbers import day
from pipelines.report.page import Page, html, put
from pipelines.report.sections import sections
from pipelines.report.terms import Judged

PAGE, CARD = "model.html", "model_card.md"


def write_report(judged: Judged, folder: Path) -> list[Path]:
    """Write page and card into a folder; a killed writer leaves the earlier ones whole.

    Parameters
    ----------
    judged
        What was judged.
    folder
        Made where it is not there.

    Returns
    -------
    list of Path
        The page and the card.
    """
    return put({PAGE: page(judged), CARD: card(judged, title(judged), footer(judged))}, folder)


def page(judged: Judged) -> str:
    """Write the report as HTML; every value is escaped."""
    return html(Page(title(judged), front(judged), sections(judged), footer(judged)))


def title(judged: Judged) -> Words:
    """Name the report by its project."""
    project = judged.record["project"]["title"]
    return Words(f"{project['en']} · report on the model", f"{project['zh']} · 模型报告")


def footer(judged: Judged) -> Words:
    """Say where the figures come from."""
    run, calendar = judged.record["run_id"], judged.record["calendar"]
    at = "" if calendar["flat"] else day(calendar["test_cutoff"])
    return Words(
        f"ChurnLab · MLflow run {run or '–'}{' · cutoff ' + at if at else ''}. Intervals: 95 %, customers drawn again "
        "with replacement.",
        f"ChurnLab · MLflow 运行 {run or '–'}{' · 截止时刻 ' + at if at else ''}。置信区间：95%，对客户有放回重抽样。",
    )
