"""What the documents say of the code is so: stages, rooms, tables of scores, dependencies, links, exit codes."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipelines import errors
from pipelines.artifacts import ARTIFACTS
from pipelines.stage import all_stages
from pipelines.warehouse.scores import TABLES

HOME = Path(__file__).parents[2]
ARCHITECTURE = (HOME / "docs" / "architecture.md").read_text(encoding="utf-8")
GUIDE = (HOME / "docs" / "guides" / "your-data.md").read_text(encoding="utf-8")
DOCUMENTS = [*HOME.glob("*.md"), *(HOME / "docs").rglob("*.md")]
ROOMS = ("features", "training", "evaluation", "pipelines")
PYPROJECT = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))


def rows_below(text: str, header: str) -> list[list[str]]:
    """Cells of the table that begins with a header line."""
    lines = text[text.index(header) :].splitlines()[2:]
    table = lines[: next((number for number, line in enumerate(lines) if not line.startswith("|")), len(lines))]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table]


def words(cell: str) -> list[str]:
    return re.findall(r"\w+", cell)


def test_table_of_stages() -> None:
    told = {row[0]: (row[1], row[2]) for row in rows_below(ARCHITECTURE, "| stage | reads | writes |")}
    assert list(told) == list(all_stages())
    for name, stage in all_stages().items():
        reads, writes = told[name]
        assert [word for word in words(reads) if word in ARTIFACTS] == list(stage.reads)
        assert words(writes) == list(stage.writes)
        assert ("only" in reads) == bool(stage.optional_reads)


def test_table_of_scores() -> None:
    told = {row[0]: row for row in rows_below(ARCHITECTURE, "| table in `scores` | key | holds |")}
    for table in TABLES:
        assert words(told[table.name][1]) == list(table.key)
    for name in ("probability", "band", "rank", "valid_until", "run_id"):
        assert name in told["churn_scores"][2]


def test_rooms_exist() -> None:
    room = HOME
    for line in ARCHITECTURE.split("## Rooms")[1].split("```")[1].strip().splitlines():
        names = re.findall(r"[\w/]+(?:/|\.py|\.yaml)(?=\s)", line.split("(")[0])
        if not line.startswith(" "):
            room = HOME / names[0]
        assert [name for name in names if not (room / name).exists() and not (HOME / name).exists()] == [], line


def test_exit_codes() -> None:
    told = [int(row[0]) for row in rows_below(GUIDE, "| exit code | kind | look at |")]
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert told == sorted({kind.exit_code for kind in kinds if kind is not errors.ChurnLabError})


def test_every_dependency_has_its_reason() -> None:
    text = (HOME / "docs" / "decisions" / "0008-dependencies.md").read_text(encoding="utf-8")
    first_cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    told = [name for cell in first_cells for name in re.findall(r"`([^`]+)`", cell)]
    wanted = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["dependency-groups"]["dev"]]
    assert sorted(told, key=str.lower) == sorted((Requirement(each).name for each in wanted), key=str.lower)


def test_what_the_code_imports_is_asked_for() -> None:
    extras = PYPROJECT["project"]["optional-dependencies"].values()
    texts = [*PYPROJECT["project"]["dependencies"], *(text for extra in extras for text in extra)]
    asked = {canonicalize_name(Requirement(text).name) for text in texts}
    brought_by = packages_distributions()
    for module in imported() - {"markupsafe"}:  # part of Jinja
        assert {canonicalize_name(name) for name in brought_by.get(module, [module])} & asked, module


def imported() -> set[str]:
    """Top-level modules that the code imports, without Python's own and the project's."""
    found: set[str] = set()
    for file in (file for room in ROOMS for file in (HOME / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names - set(ROOMS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(HOME)))
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert target.startswith("https://") or (document.parent / target).exists(), target
