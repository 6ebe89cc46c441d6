"""What a stage is: a plain function over named artifacts, found by the name of its file.

The names of its parameters say what it reads, ``writes`` what it makes; the order of the stages follows from that.
Beside artifacts a stage may ask for a `Stage.context`: ``project``, ``settings`` (its section of the configuration),
``scratch`` (a new empty folder to fill), ``progress`` and ``tracking``.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipelines.artifacts import ARTIFACTS

CONTEXT = ("project", "settings", "scratch", "progress", "tracking", "as_of")


@dataclass(frozen=True)
class Stage:
    """One stage.

    Parameters
    ----------
    name
        Name of its file, its command, its entry point and its section of the configuration.
    function
        What it does.
    writes
        Names of the artifacts that it makes; a stage with several returns them as a dictionary.
    sections
        Further sections of the configuration that change its result.
    skippable
        Whether it may be skipped when nothing that it reads has changed.
    applies
        Whether the stage is part of the line of a project.
    after
        Stages that go first though nothing of them is read.
    outside
        A digest of what it reads from outside the project, such as source files.
    holds
        Whether what it made still holds where others can change it; asked, with the project, its
        tracking and what it made, before it is skipped.
    """

    name: str
    function: Callable[..., Any]
    writes: tuple[str, ...]
    sections: tuple[str, ...] = ()
    skippable: bool = True
    applies: Callable[[Any], bool] = lambda project: True
    after: tuple[str, ...] = ()
    outside: Callable[[Any], str] = lambda project: ""
    holds: Callable[[Any, Any, Any], bool] | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the function's parameters."""
        return tuple(inspect.signature(self.function).parameters)

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the artifacts that it reads."""
        return tuple(name for name in self.parameters if name not in CONTEXT)

    @property
    def optional_reads(self) -> tuple[str, ...]:
        """Artifacts that it can do without: parameters with a default."""
        parameters = inspect.signature(self.function).parameters
        return tuple(name for name in self.reads if parameters[name].default is not inspect.Parameter.empty)

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return (self.function.__doc__ or "").strip().split("\n")[0]


def stage(writes: Iterable[str], **options: Any) -> Callable[[Callable[..., Any]], Stage]:
    """Declare a function a stage; its file's name becomes its name.

    Raises
    ------
    ValueError
        If it reads or writes something that is no artifact.
    """

    def declare(function: Callable[..., Any]) -> Stage:
        declared = Stage(function.__module__.rsplit(".", 1)[-1], function, tuple(writes), **options)
        unknown = [name for name in (*declared.reads, *declared.writes) if name not in ARTIFACTS]
        if unknown:
            raise ValueError(f"stage {declared.name}: {unknown} are no artifacts; see pipelines/artifacts.py")
        return declared

    return declare


@cache
def all_stages() -> dict[str, Stage]:
    """Every stage, in an order in which each follows those that make what it reads and those that it names."""
    package = importlib.import_module("pipelines.stages")
    found = [_stage_in(f"pipelines.stages.{info.name}") for info in pkgutil.iter_modules(package.__path__)]
    return {each.name: each for each in _ordered(found)}


def _stage_in(module: str) -> Stage:
    declared = [value for value in vars(importlib.import_module(module)).values() if isinstance(value, Stage)]
    if len(declared) != 1:
        raise ValueError(f"{module} declares {len(declared)} stages; a file holds one")
    return declared[0]


def _ordered(found: list[Stage]) -> list[Stage]:
    makers = {name: each.name for each in found for name in each.writes}
    before = {
        each.name: {makers[name] for name in each.reads if name in makers} - {each.name} | set(each.after)
        for each in found
    }
    ordered: list[Stage] = []
    waiting = sorted(found, key=lambda each: each.name)
    while waiting:
        ready = [each for each in waiting if before[each.name] <= {earlier.name for earlier in ordered}]
        if not ready:
            raise ValueError(f"stages wait for each other: {', '.join(each.name for each in waiting)}")
        ordered.append(ready[0])
        waiting.remove(ready[0])
    return ordered
