"""Values of the data on their way into a spreadsheet, where a text may run as a formula."""

from __future__ import annotations

from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_cell(value: Any) -> Any:
    """Write a value so that no spreadsheet program takes it for a formula; numbers stay numbers.

    >>> as_cell("=cmd()"), as_cell(" @x"), as_cell(-1.5), as_cell(None)
    ("'=cmd()", "' @x", -1.5, '')
    """
    if value is None:
        return ""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA):
        return f"'{value}"
    return value
