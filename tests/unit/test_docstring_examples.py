"""The examples in docstrings hold."""

import ast
import doctest
from importlib import import_module
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
ROOMS = ("features", "training", "evaluation", "pipelines")


def with_examples(file):
    """Whether a docstring of a file holds an example; found without importing the file."""
    text = file.read_text(encoding="utf-8")
    if ">>>" not in text:
        return False
    nodes = ast.walk(ast.parse(text))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return any(">>>" in (ast.get_docstring(node) or "") for node in nodes if isinstance(node, documented))


MODULES = [
    ".".join(file.relative_to(HOME).with_suffix("").parts)
    for room in ROOMS
    for file in sorted((HOME / room).rglob("*.py"))
    if with_examples(file)
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name):
    result = doctest.testmod(import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def test_every_room_has_examples():
    assert {name.split(".")[0] for name in MODULES} == set(ROOMS)
