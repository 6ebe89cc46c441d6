"""The checks of a flat table: one row a customer, a label of 0 or 1, and features."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.validation.check import Check
from pipelines.validation.generate import BETWEEN, IN_SET, LARGEST, NOT_NULL, UNIQUE

FLAT = "flat"
KEY = "customer_id"
LABEL = "churned"


def flat_checks(columns: Mapping[str, str]) -> list[Check]:
    """Generate the checks.

    Parameters
    ----------
    columns
        Column name to DuckDB type.
    """
    label = {"column": LABEL, "value_set": [0, 1]}
    limits = {"min_value": -LARGEST, "max_value": LARGEST}
    checks = [
        Check(f"flat.{KEY}.missing", FLAT, NOT_NULL, {"column": KEY}, "quarantine", f"{KEY} is missing"),
        Check(f"flat.{KEY}.unique", FLAT, UNIQUE, {"column": KEY}, "quarantine", f"{KEY} repeats another row"),
        Check(f"flat.{LABEL}.set", FLAT, IN_SET, label, "quarantine", f"{LABEL} is neither 0 nor 1"),
    ]
    numbers = [name for name, kind in columns.items() if kind in ("DOUBLE", "FLOAT")]
    return checks + [
        Check(f"flat.{name}.range", FLAT, BETWEEN, {"column": name, **limits}, "quarantine", f"{name} is not a number")
        for name in numbers
    ]
