"""Writes the review of a month as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from evaluation.gates.words import Words
from pipelines.config import Project
from pipelines.report.page import Page, html, put
from pipelines.review.figures.facts import Facts, facts
from pipelines.review.month import Month
from pipelines.review.scene import opened
from pipelines.review.sections import sections
from pipelines.review.sections.opening import front

FILE, FILE_WITHOUT_CUSTOMERS = "review-{month}.html", "review-{month}-without-customers.html"


def read(project: Project, month: Month, names_customers: bool = True) -> Facts:
    """Read every figure of a month.

    Raises
    ------
    NotReady
        If no tables have been accepted.
    """
    with opened(project, month) as scene:
        return facts(scene, names_customers)


def write(told: Facts, language: Literal["en", "zh"] | None = None) -> Path:
    """Write the page beside the other reports; a killed writer leaves the earlier one whole.

    Parameters
    ----------
    told
        The figures.
    language
        In which the page opens; by default that of the browser.
    """
    name = (FILE if told.names_customers else FILE_WITHOUT_CUSTOMERS).format(month=told.month.name)
    (path,) = put({name: html(page(told, language))}, told.project.home / "reports")
    return path


def page(told: Facts, language: Literal["en", "zh"] | None = None) -> Page:
    """Put the page together."""
    title, month = told.project.title, told.month.words
    named = Words(f"{title['en']} · review of {month.en}", f"{title['zh']} · {month.zh}客户留存回顾")
    data_end = f"{told.made.data_end:%Y-%m-%d}"
    footer = Words(f"ChurnLab · data up to {data_end}", f"ChurnLab · 数据截至 {data_end}")
    return Page(named, front(told), sections(told), footer, language)
