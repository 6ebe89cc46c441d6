"""What values are called in the mart: macros that every SELECT may ask, and the rows of ``dim_value_name``.

Names come from one place each: those of categories from `Project.value_names`, those of computed segments from
`evaluation.business`, those of rules and playbooks from their definitions, those of states from the pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evaluation.gates.words import Words
from evaluation.value_names import ANY
from pipelines.config import Project
from pipelines.warehouse.sql import identifier, statement

_OF_KIND = "FROM value_names WHERE category = kind AND category_value = said"
_MACROS = {
    "in_english": "coalesce(getvariable('en_' || kind)[said], said)",
    "in_chinese": "coalesce(getvariable('zh_' || kind)[said], said)",
    "segment_in_english": f"coalesce((SELECT label_en {_OF_KIND}), said)",
    "segment_in_chinese": f"coalesce((SELECT label_zh {_OF_KIND}), said)",
}
"""The first two take a category that is the same for every row, the others one that differs from row to row."""
_Named = tuple[str, str, Words]


def name_values(connection: Any, project: Project) -> None:
    """Write down what values are called, as the temporary table ``value_names``, and make the macros that tell it.

    A macro looks a value up in a variable, which keeps the order of the rows; it stays as it is where nobody named it.
    """
    named = value_names(project)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE value_names "
        "(category VARCHAR, category_value VARCHAR, label_en VARCHAR, label_zh VARCHAR)"
    )
    rows = [(category, code, words.en, words.zh) for category, codes in named.items() for code, words in codes.items()]
    connection.executemany("INSERT INTO value_names VALUES (?, ?, ?, ?)", rows)
    for category, codes in named.items():
        for language in ("en", "zh"):
            said = [getattr(words, language) for words in codes.values()]
            variable = identifier(f"{language}_{category}")
            connection.execute(statement("SET VARIABLE", variable, "= MAP(?, ?)"), [list(codes), said])
    for name, formula in _MACROS.items():
        connection.execute(statement("CREATE OR REPLACE TEMP MACRO", name, "(kind, said) AS", formula))


def value_names(project: Project) -> dict[str, dict[str, Words]]:
    """Give category to value to names; a category also has the values that may stand in every other."""
    found: dict[str, dict[str, Words]] = {}
    for category, code, words in _names(project):
        found.setdefault(category, {})[code] = words
    for segmentation in found["segmentation"]:
        found.setdefault(segmentation, {})
    of_any = found.pop(ANY, {})
    return {category: of_any | codes for category, codes in found.items()}


def _names(project: Project) -> Iterator[_Named]:
    """Give category, value and names; of the same value the last counts."""
    from evaluation.business.measures import MEASURES
    from evaluation.business.segment_words import SEGMENTATIONS, SEGMENTS
    from pipelines.actions import experiments_words as shown
    from pipelines.report.names import ACTION_STATES

    for kind, segments in SEGMENTS.items():
        yield from ((kind, code, words) for code, words in segments.items())
    yield from (("segmentation", name, words) for name, words in SEGMENTATIONS.items())
    yield from (("measure", name, measure.words) for name, measure in MEASURES.items())
    yield from (("state", name, words) for name, words in ACTION_STATES.items())
    for category, said in {"decision": shown.DECISIONS, "verdict": shown.VERDICTS, "effect": shown.MEASURES}.items():
        yield from ((category, name, Words(each["en"], each["zh"])) for name, each in said.items())
    yield from _titles("rule", "rules", project.act.rule_folders)
    yield from _titles("playbook", "playbooks", project.act.playbook_folders)
    yield from ((category, code, Words(en, zh)) for category, code, en, zh in project.value_names.rows())


def _titles(category: str, folder: str, own: list[Path]) -> Iterator[_Named]:
    """Give the titles of rules or playbooks; one without is called by its name."""
    from pipelines.actions.rulebook import SHIPPED, layered

    for name, entry in layered([SHIPPED / folder, *own]).items():
        title = entry.content.get("title")
        if isinstance(title, dict):
            yield category, name, Words(str(title.get("en", name)), str(title.get("zh", name)))
