"""The project's own files agree with each other: stages, commands, entry points, settings, packages, lock."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipelines import cli
from pipelines.config import Project
from pipelines.stage import Stage, all_stages

HOME = Path(__file__).parents[2]
ROOMS = ("features", "training", "evaluation", "pipelines")
CODE = (*ROOMS, "tests", "benchmarks", "docs")
MOST_LINES = 400
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "stuff"}
# Stages whose command is one of a group.
IN_A_GROUP = {"outbox": "outbox send"}
# What begins a project, the whole line, and what opens its results.
WINDOWS = {
    "alerts",
    "dashboard",
    "forget",
    "init",
    "job",
    "measures",
    "report",
    "risks",
    "rollback",
    "run",
    "status",
    "ui",
}


def stages() -> list[Stage]:
    return list(all_stages().values())


def stage_files() -> set[str]:
    return {file.stem for file in (HOME / "pipelines" / "stages").glob("*.py")} - {"__init__"}


def commands() -> set[str]:
    subjects = (cli.line, cli.promotion, cli.act, cli.deliver, cli.operate, cli.windows, cli.measures)
    found = [command for subject in subjects for command in subject.app.registered_commands]
    return {command.name or command.callback.__name__ for command in found if command.callback}


def python_files() -> list[Path]:
    return sorted(file for room in CODE for file in (HOME / room).rglob("*.py"))


@pytest.fixture(scope="module")
def entry_points() -> dict[str, Any]:
    return yaml.safe_load((HOME / "MLproject").read_text(encoding="utf-8"))["entry_points"]


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lock() -> str:
    return (HOME / "requirements.lock").read_text(encoding="utf-8")


def test_every_stage_file_is_a_stage_and_a_command() -> None:
    assert stage_files() == {stage.name for stage in stages()}
    assert stage_files() | WINDOWS == commands() | set(IN_A_GROUP)


def test_every_stage_is_an_entry_point(entry_points: dict[str, Any]) -> None:
    assert set(entry_points) == stage_files() | {"run", "main"}


def test_entry_points_call_the_command_of_their_name(entry_points: dict[str, Any]) -> None:
    for name, entry in entry_points.items():
        command = {"main": "run", **IN_A_GROUP}.get(name, name)
        assert entry["command"] == f"churnlab {command} --project {{project}}"
        assert entry["parameters"] == {"project": {"type": "string", "default": "demo"}}


@pytest.mark.parametrize("stage", stages(), ids=lambda stage: stage.name)
def test_settings_that_a_stage_asks_for_are_a_section(stage: Stage) -> None:
    sections = {field.alias or name for name, field in Project.model_fields.items()}
    assert set(stage.sections) <= sections
    if "settings" in stage.parameters:
        assert stage.name in sections


def test_packages_are_those_that_there_are(pyproject: dict[str, Any]) -> None:
    declared = pyproject["tool"]["setuptools"]["packages"]
    files = (file for room in ROOMS for file in (HOME / room).rglob("*.py"))
    there = {".".join(file.parent.relative_to(HOME).parts) for file in files}
    assert set(declared) == there
    assert len(declared) == len(set(declared))


@pytest.mark.parametrize("room", ROOMS)
def test_every_package_says_what_it_is(room: str) -> None:
    folders = {file.parent for file in (HOME / room).rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_lock_names_no_address(lock: str) -> None:
    assert re.findall(r"^.*(?://|@ |--index|--extra-index|--find-links|--trusted-host).*$", lock, re.MULTILINE) == []


def test_every_pin_of_the_lock_has_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert len(entries) > 50
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_lock_holds_what_the_project_asks_for(lock: str, pyproject: dict[str, Any]) -> None:
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==([^\s;\\]+)", lock, re.MULTILINE)
    pinned = {canonicalize_name(name): version for name, version in pins}
    wanted = [*pyproject["project"]["dependencies"], *pyproject["dependency-groups"]["dev"]]
    for text in wanted:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        assert name in pinned, f"{name} is not in requirements.lock: make lock"
        assert requirement.specifier.contains(pinned[name], prereleases=True), f"{name} {pinned[name]}: make lock"


def test_no_file_is_too_full() -> None:
    lines = {str(file.relative_to(HOME)): len(file.read_text(encoding="utf-8").splitlines()) for file in python_files()}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_files_are_named_for_what_they_hold() -> None:
    assert [str(file.relative_to(HOME)) for file in python_files() if {file.stem, file.parent.name} & VAGUE] == []


def test_tests_are_no_package() -> None:
    assert list((HOME / "tests").rglob("__init__.py")) == []
