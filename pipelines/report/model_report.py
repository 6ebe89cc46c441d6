"""The report on a model: one page that opens without a network, and the same as a Markdown card."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from evaluation.gates.words import Words
from pipelines.report.blocks import Block
from pipelines.report.front import front
from pipelines.report.markdown import card
from pipelines.report.numbers import day
from pipelines.report.sections import sections
from pipelines.report.terms import Judged

PAGE, CARD = "model.html", "model_card.md"
WORDS = {
    "skip": Words("Skip to the answer", "跳到结论"),
    "look": Words("light / dark", "浅色 / 深色"),
    "switches": Words("Language and look", "语言与外观"),
    "contents": Words("Contents", "目录"),
}


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
    folder.mkdir(parents=True, exist_ok=True)
    made = {PAGE: page(judged), CARD: card(judged, title(judged), footer(judged))}
    for name, text in made.items():
        beside = folder / f".{name}.{os.getpid()}"
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, folder / name)
    return [folder / name for name in made]


def page(judged: Judged) -> str:
    """Write the report as HTML; every value is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pipelines.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    named = title(judged)
    return environment.get_template("report.html").render(
        title=named,
        titles={"en": named.en, "zh": named.zh},
        front=front(judged),
        sections=sections(judged),
        footer=footer(judged),
        words=WORDS,
        kind_of=_kind,
    )


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


def _kind(block: Block) -> Any:
    return type(block).__name__
