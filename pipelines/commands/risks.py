"""The commands that list the customers most likely to leave, and tell all about one: why, what moved, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.errors import ConfigError, NotReady

LANGUAGES = ("en", "zh")
BEFORE = {"en": "before", "zh": "上次"}
HEADS: dict[str, tuple[str, ...]] = {
    "en": ("rank", "customer", "risk", BEFORE["en"], "band", "why"),
    "zh": ("排名", "客户", "流失概率", BEFORE["zh"], "风险等级", "原因"),
}
MOVED_HEADS = {
    "en": ("what moved the score since {before:%Y-%m-%d}", "points", "new data", "time", "model"),
    "zh": ("自 {before:%Y-%m-%d} 以来评分变化的原因", "百分点", "新数据", "时间", "模型"),
}
LEVER_HEADS = {
    "en": ("what goes with a lower score in customers like this (no promise)", "points"),
    "zh": ("相似客户中与较低流失风险相关的情况（仅为关联，并非承诺）", "百分点"),
}
WHY = {"en": "why", "zh": "原因"}
SUMMARY = {
    "en": "{probability:.0%} likely to leave{ahead} · band {band} · rank {rank}",
    "zh": "{ahead}流失概率 {probability:.0%} · 风险等级{band} · 第 {rank} 位",
}
AHEAD = {"en": " in the next {days} days", "zh": "未来 {days} 天"}
SOONER = {"en": "{probability:.1%} in the next {days} days", "zh": "未来 {days} 天 {probability:.1%}"}
_ROWS = """
    SELECT rank, customer_id, probability, before, band, as_of,
           coalesce(list(sentence ORDER BY position) FILTER (sentence IS NOT NULL), []) AS sentences
    FROM scores.churn_scores_current LEFT JOIN (
        SELECT customer_id, as_of, horizon_days, model_version, position,
               CASE WHEN ? = 'zh' THEN sentence_zh ELSE sentence_en END AS sentence
        FROM scores.churn_reasons
    ) USING (customer_id, as_of, horizon_days, model_version)
    LEFT JOIN (
        SELECT customer_id, as_of, horizon_days, model_version, any_value(probability_before) AS before
        FROM scores.churn_moves GROUP BY ALL
    ) USING (customer_id, as_of, horizon_days, model_version)
    WHERE band IS NOT NULL
    GROUP BY ALL ORDER BY rank LIMIT ?
"""
_ONE = """
    SELECT customer_id, as_of, horizon_days, model_version, probability, band, rank
    FROM scores.churn_scores_current WHERE customer_id = ? AND band IS NOT NULL
"""
_SOONER = """
    SELECT probability, horizon_days FROM scores.churn_scores_current
    WHERE customer_id = ? AND band IS NULL ORDER BY horizon_days
"""
_REASONS = """
    SELECT CASE WHEN ? = 'zh' THEN sentence_zh ELSE sentence_en END FROM scores.churn_reasons
    WHERE customer_id = ? AND as_of = ? AND horizon_days = ? AND model_version = ? ORDER BY position
"""
_MOVES = """
    SELECT CASE WHEN ? = 'zh' THEN sentence_zh ELSE sentence_en END, change, from_data, from_time, from_model,
           previous_as_of
    FROM scores.churn_moves
    WHERE customer_id = ? AND as_of = ? AND horizon_days = ? AND model_version = ? ORDER BY position
"""

_LEVERS = """
    SELECT CASE WHEN ? = 'zh' THEN sentence_zh ELSE sentence_en END, change FROM scores.churn_levers
    WHERE customer_id = ? AND as_of = ? AND horizon_days = ? AND model_version = ? ORDER BY position
"""


def list_risks(project_name: str, most: int, language: str) -> None:
    """Print the customers with the newest valid scores, riskiest first, each with its reasons.

    Raises
    ------
    ConfigError
        If the language is another.
    NotReady
        If nothing has been scored, or every score has expired.
    """
    with _scores(project_name, language) as (project, connection):
        found = connection.execute(_ROWS, [language, most]).fetchall()
    if not found:
        raise _no_scores(project_name)
    heads = HEADS[language]
    rows: list[tuple[str, ...]] = [
        (str(rank), customer, _percent(risk), _percent(before), _band(project, band, language), "\n".join(sentences))
        for rank, customer, risk, before, band, _, sentences in found
    ]
    place = heads.index(BEFORE[language])
    if not any(row[place] for row in rows):
        heads, *rows = ((*row[:place], *row[place + 1 :]) for row in (heads, *rows))
    Console().table(_title(project, found[0][5], language), heads, rows, texts=(heads[1], *heads[-2:]))


def tell_risk(project_name: str, customer: str, language: str) -> None:
    """Print the newest valid score of a customer, its reasons, what moved it, and what goes with a lower one.

    Raises
    ------
    ConfigError
        If the language is another.
    NotReady
        If the customer has no valid score.
    """
    with _scores(project_name, language) as (project, connection):
        found = connection.execute(_ONE, [customer]).fetchall()
        if not found:
            raise _no_score_of(customer, project_name)
        key = [language, *found[0][:4]]
        sooner = connection.execute(_SOONER, [customer]).fetchall()
        reasons, moves, levers = (connection.execute(query, key).fetchall() for query in (_REASONS, _MOVES, _LEVERS))
    _, as_of, days, _, probability, band, rank = found[0]
    console = Console()
    console.line(f"{_title(project, as_of, language)} · {customer}")
    ahead = AHEAD[language].format(days=days) if days else ""  # A flat table has no time.
    said = {"probability": probability, "ahead": ahead, "band": _band(project, band, language), "rank": rank}
    console.line(SUMMARY[language].format(**said))
    if sooner:
        parts = [SOONER[language].format(probability=each, days=until) for each, until in sooner]
        console.line(" · ".join(parts))
    if reasons:
        console.table("", (WHY[language],), reasons)
    if moves:
        heads = [head.format(before=moves[0][-1]) for head in MOVED_HEADS[language]]
        console.table("", heads, [(said, *map(_points, changes)) for said, *changes, _ in moves])
    if levers:
        console.table("", LEVER_HEADS[language], [(said, _points(change)) for said, change in levers])


@contextmanager
def _scores(project_name: str, language: str) -> Iterator[tuple[Project, Any]]:
    from pipelines.warehouse.duckdb_file import warehouse
    from pipelines.warehouse.scores import TABLES
    from pipelines.warehouse.writing import has_scores

    if language not in LANGUAGES:
        raise ConfigError(f"There is no language '{language}'", allowed=", ".join(LANGUAGES), do="choose one")
    project = load_project(project_name)
    with warehouse(project.home, read_only=True) as connection:
        if not all(has_scores(connection, table) for table in TABLES):
            raise _no_scores(project_name)
        yield project, connection


def _no_scores(project_name: str) -> NotReady:
    return NotReady("There are no valid scores", do=f"run: churnlab score -p {project_name}")


def _no_score_of(customer: str, project_name: str) -> NotReady:
    return NotReady(
        f"There is no valid score of customer '{customer}'",
        allowed="a customer who was scored: churnlab risks lists them",
        do=f"correct the id, or score again: churnlab score -p {project_name}",
    )


def _title(project: Project, as_of: datetime, language: str) -> str:
    return f"{project.title['zh' if language == 'zh' else 'en']} · {as_of:%Y-%m-%d}"


def _band(project: Project, band: str, language: str) -> str:
    words = project.value_names.words(band, "risk_band")
    return words.zh if language == "zh" else words.en


def _percent(probability: float | None) -> str:
    return "" if probability is None else f"{probability:.0%}"


def _points(change: float) -> str:
    """Write a change of probability in percentage points; nothing where it is none to speak of.

    >>> _points(0.0312), _points(-0.1), _points(0.0004)
    ('+3.1', '-10.0', '')
    """
    return f"{change * 100:+.1f}" if abs(change) >= 0.0005 else ""
