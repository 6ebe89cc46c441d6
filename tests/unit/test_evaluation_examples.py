"""Every example in a docstring of the judgement rooms says what the code does."""

from __future__ import annotations

import doctest
from importlib import import_module
from pkgutil import iter_modules

import pytest

import evaluation.gates
import evaluation.model

MODULES = [
    f"{room.__name__}.{module.name}"
    for room in (evaluation.model, evaluation.gates)
    for module in iter_modules(room.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name):
    assert doctest.testmod(import_module(name)).failed == 0


def test_there_are_examples():
    assert sum(doctest.testmod(import_module(name)).attempted for name in MODULES) >= 10
