"""The command that lists the customers most likely to leave, and why."""

from __future__ import annotations

from pipelines.config import load_project
from pipelines.console import Console
from pipelines.errors import ConfigError, NotReady

LANGUAGES = ("en", "zh")
HEADS = {
    "en": ("rank", "customer", "risk", "band", "why"),
    "zh": ("排名", "客户", "流失概率", "风险等级", "原因"),
}
BANDS_ZH = {"high": "高", "medium": "中", "low": "低"}
_ROWS = """
    SELECT rank, customer_id, probability, band, as_of,
           coalesce(list(sentence ORDER BY position) FILTER (sentence IS NOT NULL), []) AS sentences
    FROM scores.churn_scores_current LEFT JOIN (
        SELECT customer_id, as_of, horizon_days, model_version, position,
               CASE WHEN ? = 'zh' THEN sentence_zh ELSE sentence_en END AS sentence
        FROM scores.churn_reasons
    ) USING (customer_id, as_of, horizon_days, model_version)
    GROUP BY ALL ORDER BY rank LIMIT ?
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
    from pipelines.warehouse.duckdb_file import warehouse
    from pipelines.warehouse.scores import has_scores

    if language not in LANGUAGES:
        raise ConfigError(f"There is no language '{language}'", allowed=", ".join(LANGUAGES), do="choose one")
    project = load_project(project_name)
    with warehouse(project.home, read_only=True) as connection:
        found = connection.execute(_ROWS, [language, most]).fetchall() if has_scores(connection) else []
    if not found:
        raise NotReady("There are no valid scores", do=f"run: churnlab score -p {project_name}")
    title = f"{project.title['zh' if language == 'zh' else 'en']} · {found[0][4]:%Y-%m-%d}"
    rows = [
        _row(rank, customer, probability, band, sentences, language)
        for rank, customer, probability, band, _, sentences in found
    ]
    Console().table(title, HEADS[language], rows, texts=HEADS[language][-1:])


def _row(
    rank: int, customer: str, probability: float, band: str, sentences: list[str], language: str
) -> tuple[str, ...]:
    shown = BANDS_ZH.get(band, band) if language == "zh" else band
    return str(rank), customer, f"{probability:.0%}", shown, "\n".join(sentences)
