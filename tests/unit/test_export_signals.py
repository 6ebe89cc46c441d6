"""The signals that an export names, against those that a project declares."""

from __future__ import annotations

import pytest

from features.fingerprint import fingerprint
from pipelines.config import load_project
from pipelines.errors import DataError
from pipelines.exported.signals import columns_of_model
from pipelines.panel import project_signals


@pytest.fixture(scope="module")
def known():
    return project_signals(load_project("conf/demo.yaml"))


def manifest(known, *names):
    return {"signals": list(names), "definitions": {name: fingerprint(known[name]) for name in names if name in known}}


def test_the_columns_come_in_the_order_of_the_model(known):
    names = [*known][:3][::-1]
    assert [column.name for column in columns_of_model(manifest(known, *names), known)] == names


def test_signals_that_nobody_declares_are_refused_by_name(known):
    own = [f"orders__own{number}__30d" for number in range(7)]
    with pytest.raises(DataError, match=r"not declared: orders__own0__30d, .* and 2 more") as raised:
        columns_of_model(manifest(known, next(iter(known)), *own), known)
    assert "features.folders" in raised.value.do


def test_a_signal_that_computes_something_else_now_is_refused_by_name(known):
    first, second, *_ = known
    changed = manifest(known, first, second)
    changed["definitions"][second] = "another"
    with pytest.raises(DataError, match=f"learnt from them: {second}"):
        columns_of_model(changed, known)
