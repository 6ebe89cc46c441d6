"""The command that tells the alerts of the week, one line a customer."""

from __future__ import annotations

from evaluation.model.reason_words import in_language
from pipelines.actions.digest import Digest, digests, newest_alert
from pipelines.artifacts import Store
from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.errors import ConfigError, NotReady
from pipelines.report.numbers import money
from pipelines.warehouse.actions import SCHEMA
from pipelines.warehouse.duckdb_file import warehouse

SENTENCES = 2
"""Sentences told of a customer; of further alerts only the number."""
HEADS = {
    "en": ("customer", "severity", "at risk", "for", "what", "customers with alerts in the week to {day:%Y-%m-%d}"),
    "zh": ("客户", "级别", "风险金额", "负责", "预警", "截至 {day:%Y-%m-%d} 一周内有预警的客户"),
}
SEVERITIES = {"high": "高", "medium": "中", "low": "低"}
COMMA = {"en": ", ", "zh": "、"}
MORE = {"en": "and {count} more", "zh": "另有 {count} 条"}


def list_alerts(project_name: str, owner: str | None, most: int, language: str) -> None:
    """Print one line a customer, the most value at risk first.

    Raises
    ------
    ConfigError
        If the language is another.
    NotReady
        If no alert was ever raised.
    """
    if language not in HEADS:
        raise ConfigError(f"--language {language} is unknown", allowed=", ".join(HEADS), do="choose one")
    project = load_project(project_name)
    store = Store(project.home / "artifacts")
    with warehouse(project.home, read_only=True) as connection:
        there = connection.execute(
            "SELECT 1 FROM duckdb_tables() WHERE schema_name = ? AND table_name = 'alerts'", [SCHEMA]
        ).fetchone()
        day = newest_alert(connection) if there else None
        if day is None:
            raise NotReady("No alert was raised yet", do=f"run: churnlab act -p {project.name}")
        found = digests(connection, store.load("accepted")["schema"], owner, language, most)
    *heads, title = HEADS[language]
    rows = [row_of(each, language, project) for each in found]
    Console().table(title.format(day=day), heads, rows, texts=(heads[1], *heads[3:]))


def row_of(told: Digest, language: str, project: Project) -> tuple[str, ...]:
    """Give the cells of a customer: who, severity, value at risk, teams, sentences."""
    rest = len(told.sentences) - SENTENCES
    sentences = [*told.sentences[:SENTENCES], *([MORE[language].format(count=rest)] if rest > 0 else [])]
    severity = told.severity if language == "en" else SEVERITIES[told.severity]
    who = told.customer_id if told.name is None else f"{told.customer_id} {told.name}"
    stake = "" if told.value_at_risk is None else in_language(money(told.value_at_risk, project.currency), language)
    owners = [in_language(project.value_names.words(owner, "team"), language) for owner in told.owners]
    return who, severity, stake, COMMA[language].join(owners), "\n".join(sentences)
