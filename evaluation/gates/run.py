"""Finds the gates and runs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import evaluation.gates
from evaluation.errors import JudgementError
from evaluation.gates.evidence import Evidence, NotApplicableError
from evaluation.gates.gate import Finding, Gate
from evaluation.gates.words import Words

PREFIX = "CHN"

Limits = Mapping[str, Mapping[str, object]]


def run_gates(evidence: Evidence, limits: Limits | None = None) -> list[Finding]:
    """Check the evidence against every gate.

    Parameters
    ----------
    evidence
        What is known about the model.
    limits
        Limits that differ from a gate's own, by code: ``{"CHN004": {"largest_ece": 0.03, "severity": "warn"}}``.

    Returns
    -------
    list of Finding
        One for each gate, in order of code. A gate that cannot judge the evidence is ``not_applicable`` and says why.

    Raises
    ------
    JudgementError
        For the limit of a gate that does not exist or a limit that the gate does not have.
    """
    return [_check(gate, evidence) for gate in configured_gates(limits or {})]


def configured_gates(limits: Limits) -> list[Gate]:
    """Make every gate with its limits.

    Raises
    ------
    JudgementError
        As `run_gates`.
    """
    known = discover_gates()
    for code in limits:
        _need_known(code, list(known), "gate")
    return [_configured(kind, limits.get(code, {})) for code, kind in known.items()]


@cache
def discover_gates() -> dict[str, type[Gate]]:
    """Find the gates by code: one class in each file of this folder whose name begins with ``CHN``.

    Raises
    ------
    JudgementError
        For a file without exactly one gate or whose name does not begin with the gate's code.
    """
    names = sorted(module.name for module in iter_modules(evaluation.gates.__path__) if module.name.startswith(PREFIX))
    return dict(_gate_of(name) for name in names)


def _gate_of(name: str) -> tuple[str, type[Gate]]:
    module = import_module(f"{evaluation.gates.__name__}.{name}")
    kinds = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Gate) and value.__module__ == module.__name__
    ]
    if len(kinds) != 1 or not name.startswith(f"{kinds[0].code}_"):
        raise JudgementError(f"evaluation/gates/{name}.py must hold one gate whose code begins the file's name.")
    return kinds[0].code, kinds[0]


def _configured(kind: type[Gate], limits: Mapping[str, object]) -> Gate:
    allowed = [field.name for field in fields(kind)]
    for name in limits:
        _need_known(name, allowed, f"limit of {kind.code}")
    severity = limits.get("severity", kind.severity)
    if severity not in ("block", "warn"):
        raise JudgementError(f"severity of {kind.code} must be 'block' or 'warn'; given {severity!r}.")
    return kind(**limits)  # type: ignore[arg-type]


def _need_known(name: str, allowed: list[str], what: str) -> None:
    if name not in allowed:
        near = get_close_matches(name, allowed, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise JudgementError(f"There is no {what} named {name!r}; there are {', '.join(allowed)}.{hint}")


def _check(gate: Gate, evidence: Evidence) -> Finding:
    try:
        return gate.check(evidence)
    except NotApplicableError as missing:
        return gate.not_applicable(missing.reason)
    except JudgementError as error:
        return gate.not_applicable(Words(f"Cannot be judged: {error}", f"无法评判：{error}"))
