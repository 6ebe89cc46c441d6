"""The user's own expectations, written in Great Expectations' words."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.errors import ConfigError
from pipelines.validation.check import Check, Severity
from pipelines.validation.conditions import CONDITIONS
from pipelines.validation.generate import UNIQUE, UNIQUE_TOGETHER

BY_ROW = (*CONDITIONS, UNIQUE, UNIQUE_TOGETHER)


@dataclass(frozen=True)
class Own:
    """One expectation as a user writes it.

    Parameters
    ----------
    type, kwargs
        As in a suite of Great Expectations.
    severity
        ``quarantine`` only for expectations on single rows.
    name, reason
        How it is called in reports.
    """

    type: str
    kwargs: Mapping[str, Any]
    severity: Severity = "warn"
    name: str | None = None
    reason: str | None = None


def own_checks(table: str, given: list[Own]) -> list[Check]:
    """Make checks of the user's expectations on a table.

    Raises
    ------
    ConfigError
        For an expectation that Great Expectations does not know, arguments that it does not take, or a severity that
        does not fit.
    """
    return [_check(table, each, number) for number, each in enumerate(given, start=1)]


def _check(table: str, own: Own, number: int) -> Check:
    place = f"validate.expectations.{table}[{number}]"
    _refuse_unknown(own, place)
    if own.severity == "quarantine" and own.type not in BY_ROW:
        raise ConfigError(
            f"{place}: {own.type} cannot set single rows aside",
            allowed=f"severity stop or warn; rows are set aside by {', '.join(sorted(BY_ROW))}",
            do="change the severity",
        )
    about = own.kwargs.get("column") or own.type.removeprefix("expect_")
    name = own.name or f"{table}.{about}.own_{number}"
    return Check(name, table, own.type, dict(own.kwargs), own.severity, own.reason or _said(own))


def _refuse_unknown(own: Own, place: str) -> None:
    from great_expectations.compatibility import pydantic
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    known = list_registered_expectation_implementations()
    if own.type not in known:
        near = difflib.get_close_matches(own.type, known, n=3, cutoff=0.5)
        raise ConfigError(
            f"{place}: Great Expectations knows no '{own.type}'",
            allowed=", ".join(near) or "the names of its gallery",
            do="correct the name",
        )
    try:
        ExpectationConfiguration(type=own.type, kwargs=dict(own.kwargs)).to_domain_obj()
    except (pydantic.ValidationError, TypeError, ValueError) as error:
        said = " ".join(str(error).split())
        raise ConfigError(f"{place}: {own.type} does not take these arguments: {said}", do="correct kwargs") from error


def _said(own: Own) -> str:
    words = own.type.removeprefix("expect_").replace("_", " ")
    given = ", ".join(f"{key} {value}" for key, value in own.kwargs.items() if key != "column")
    return f"{own.kwargs.get('column', '')} fails: {words}{f' ({given})' if given else ''}".strip()
