"""The libraries of an export: those that scoring needs, as the project's lock pins them, and no others."""

import re
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipelines.errors import NotReady
from pipelines.exporting import requirements
from pipelines.exporting.requirements import (
    DRAWING,
    LOCK,
    LOCK_OF_BOOSTERS,
    ROOTS,
    closure,
    installed_otherwise,
    pinned,
    scoring_lock,
)

NOT_FOR_SCORING = {
    "mlflow", "optuna", "great-expectations", "streamlit", "scikit-learn", "numba", "sqlalchemy", "typer", "pydantic",
    "jinja2", "altair", "psycopg", "pymysql", "openpyxl", "pytest", "ruff",
}  # fmt: skip


@pytest.fixture(scope="module")
def lock():
    return scoring_lock()


def test_training_and_tracking_are_left_out(lock):
    assert set(pinned(lock)) & NOT_FOR_SCORING == set()
    assert {canonicalize_name(Requirement(root).name) for root in ROOTS} <= set(pinned(lock))
    assert len(pinned(lock)) < 30


def test_every_library_brings_what_it_requires(lock):
    """Asked of each library by itself, one step at a time."""
    there = set(pinned(lock))
    for name in there:
        for text in requires(name) or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                assert canonicalize_name(requirement.name) in there | {"nvidia-nccl-cu12"}, (name, text)


def test_entries_are_those_of_the_lock_with_their_hashes(lock):
    whole = LOCK.read_text()
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert [entry for entry in entries if entry not in whole or "--hash=sha256:" not in entry] == []
    assert re.findall(r"//|@ |--index|--find-links|--trusted-host", lock) == []


def test_a_different_version_on_this_machine_is_told(lock):
    name, version = next(iter(pinned(lock).items()))
    assert not any(told.startswith(f"{name} ") for told in installed_otherwise(lock))
    assert installed_otherwise(f"{name}==0.0.1\n") == [f"{name} {version} (0.0.1)"]
    assert installed_otherwise("no-such-library==1\n") == []


def test_a_marker_chooses_among_versions():
    lock = "numpy==1 ; python_version < '3'\nnumpy==2 ; python_version >= '3' \\\n    --hash=sha256:00\n"
    assert pinned(lock) == {"numpy": "2"}


def test_extras_are_followed_only_where_they_are_asked_for():
    assert "pyarrow" not in closure(["ibis-framework"])
    assert "pyarrow" in closure(["ibis-framework[duckdb]"])


def test_a_lock_that_is_missing_or_short_says_what_to_do(tmp_path):
    with pytest.raises(NotReady, match="is not there"):
        scoring_lock(tmp_path / "requirements.lock")
    (tmp_path / "short.lock").write_text("numpy==2\n")
    with pytest.raises(NotReady, match="make lock"):
        scoring_lock(Path(tmp_path / "short.lock"))


def test_a_booster_of_an_extra_adds_what_it_needs_to_score_from_a_lock_of_its_own(lock, monkeypatch):
    """As if CatBoost were installed, whatever is here."""
    needs = {"catboost": ["numpy", "six", *sorted(DRAWING)], "six": []}
    required, is_installed = requirements._required, requirements._is_installed
    monkeypatch.setattr(
        requirements,
        "_required",
        lambda name, extra: map(Requirement, needs[name]) if name in needs else required(name, extra),
    )
    monkeypatch.setattr(requirements, "_is_installed", lambda name: name in needs or is_installed(name))

    longer = scoring_lock(boosters=["catboost"])

    assert longer.startswith(lock)
    assert set(pinned(longer)) - set(pinned(lock)) == {"catboost", "six"}


def test_the_lock_of_boosters_agrees_with_the_projects_and_names_no_address():
    text, own = LOCK_OF_BOOSTERS.read_text(), pinned(LOCK.read_text())
    assert {"lightgbm", "catboost"} <= pinned(text).keys() - own.keys()
    assert {name: version for name, version in pinned(text).items() if own.get(name, version) != version} == {}
    assert re.findall(r"//|@ |--index|--find-links|--trusted-host", text) == []
    assert [entry for entry in re.split(r"\n(?=\S)", text.strip()) if "--hash=sha256:" not in entry] == []
