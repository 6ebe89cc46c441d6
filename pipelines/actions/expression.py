"""Conditions over signals as a person writes them: parsed strictly, compiled to Ibis, never run as Python.

The grammar is a small part of Python's: comparisons (also chained), ``and``, ``or``, ``not``, ``in`` a list,
``+ - * /``, numbers, words in quotes, names of signals, and ``missing(signal)``. A comparison with an unknown value is
unknown, and what is unknown at the end does not hold.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add, and_, eq, ge, gt, le, lt, mul, ne, or_, sub
from typing import Any, Literal

import ibis
from ibis.expr import types as ir

from features.terms import ratio
from pipelines.errors import ConfigError
from pipelines.ingest.nearest import nearest

Kind = Literal["number", "text", "condition"]
LONGEST = 600
MISSING = "missing"
_ALLOWED = "comparisons of signals such as: orders__days_since_last__ever >= 30 and usage__logins__7d < 2"
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: lt,
    ast.LtE: le,
    ast.Gt: gt,
    ast.GtE: ge,
    ast.Eq: eq,
    ast.NotEq: ne,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: add,
    ast.Sub: sub,
    ast.Mult: mul,
    ast.Div: ratio,
}


@dataclass(frozen=True)
class Expression:
    """A condition that was read.

    Parameters
    ----------
    text
        As it was written.
    tree
        Its parsed form, of allowed parts only.
    """

    text: str
    tree: ast.expr

    @property
    def names(self) -> tuple[str, ...]:
        """Names that it reads, each once, in the order in which they stand."""
        found = [node for node in ast.walk(self.tree) if isinstance(node, ast.Name) and node.id != MISSING]
        found.sort(key=lambda node: (node.lineno, node.col_offset))
        return tuple(dict.fromkeys(node.id for node in found))

    def compiled(self, values: Mapping[str, ir.Value]) -> ir.BooleanValue:
        """Give the condition over Ibis values by name; false where it is unknown."""
        return _compiled(self.tree, values).fill_null(False)


@dataclass(frozen=True)
class Comparison:
    """A comparison of a signal with one name, such as a threshold that is to be chosen.

    Parameters
    ----------
    signal
        The signal's name.
    fires_above
        Whether large values fulfil it.
    """

    signal: str
    fires_above: bool


def parse(text: str, kinds: Mapping[str, Kind]) -> Expression:
    """Read a condition.

    Parameters
    ----------
    text
        The condition.
    kinds
        What may be named, and whether it is a number or a text; asked only for names that are used.

    Raises
    ------
    ConfigError
        If it cannot be read, names something unknown, or compares a text with a number.

    Examples
    --------
    >>> parse("7 <= days < 14 or missing(days)", {"days": "number"}).names
    ('days',)
    """
    flat = " ".join(text.split())
    if len(flat) > LONGEST:
        raise ConfigError(f"a condition of {len(flat)} characters", allowed=f"at most {LONGEST}", do="make two of it")
    try:
        tree = ast.parse(flat, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConfigError(f"the condition '{flat}' cannot be read", allowed=_ALLOWED, do="mend it") from error
    if _checked(tree, flat, kinds) != "condition":
        raise ConfigError(f"'{flat}' is no condition", allowed=_ALLOWED, do="compare it with something")
    return Expression(flat, tree)


def comparison_with(expression: Expression, name: str) -> Comparison | None:
    """Find the one comparison of a signal with a name, written either way round; none if there are several or none."""
    found = [each for node in ast.walk(expression.tree) if (each := _comparison(node, name)) is not None]
    return found[0] if len(found) == 1 else None


def _comparison(node: ast.AST, name: str) -> Comparison | None:
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return None
    left, right, operator = node.left, node.comparators[0], node.ops[0]
    if not isinstance(left, ast.Name) or not isinstance(right, ast.Name) or name not in (left.id, right.id):
        return None
    above = isinstance(operator, ast.Gt | ast.GtE)
    if not above and not isinstance(operator, ast.Lt | ast.LtE):
        return None
    return Comparison(left.id, above) if right.id == name else Comparison(right.id, not above)


def _checked(node: ast.expr, text: str, kinds: Mapping[str, Kind]) -> Kind:
    """Give the kind of a part; refuse what is not allowed."""
    match node:
        case ast.BoolOp(values=parts):
            return _all_of("condition", parts, text, kinds, "condition")
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return _all_of("condition", [part], text, kinds, "condition")
        case ast.UnaryOp(op=ast.USub(), operand=part):
            return _all_of("number", [part], text, kinds, "number")
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
            return _all_of("number", [left, right], text, kinds, "number")
        case ast.Compare():
            return _checked_comparison(node, text, kinds)
        case ast.Call(func=ast.Name(id="missing"), args=[ast.Name() as part], keywords=[]):
            _checked(part, text, kinds)
            return "condition"
        case ast.Name(id=name):
            return _known(name, text, kinds)
        case ast.Constant(value=value) if isinstance(value, int | float | str) and not isinstance(value, bool):
            return "text" if isinstance(value, str) else "number"
    raise _refused(node, text)


def _all_of(wanted: Kind, parts: list[ast.expr], text: str, kinds: Mapping[str, Kind], gives: Kind) -> Kind:
    for part in parts:
        found = _checked(part, text, kinds)
        if found != wanted:
            raise ConfigError(
                f"'{_source(part, text)}' is a {found} in '{text}'", allowed=f"a {wanted}", do="mend the condition"
            )
    return gives


def _checked_comparison(node: ast.Compare, text: str, kinds: Mapping[str, Kind]) -> Kind:
    left = _checked(node.left, text, kinds)
    for operator, right in zip(node.ops, node.comparators, strict=True):
        members = right.elts if isinstance(right, ast.List | ast.Tuple) else None
        is_membership = isinstance(operator, ast.In | ast.NotIn)
        if is_membership != (members is not None) or (is_membership and (len(node.ops) > 1 or not members)):
            raise _refused(node, text)
        for part in members if members is not None else [right]:
            found = _checked(part, text, kinds)
            ordered = not isinstance(operator, ast.Eq | ast.NotEq | ast.In | ast.NotIn)
            if found != left or found == "condition" or (found == "text" and ordered) or type(operator) is ast.Is:
                raise ConfigError(
                    f"'{_source(node, text)}' compares a {left} with a {found}",
                    allowed="numbers with numbers, words with words by == or in",
                    do="mend the condition",
                )
        if not is_membership and type(operator) not in _COMPARE:
            raise _refused(node, text)
    return "condition"


def _known(name: str, text: str, kinds: Mapping[str, Kind]) -> Kind:
    if name not in kinds:
        raise ConfigError(f"'{text}' names '{name}', which is unknown", allowed=nearest(name, kinds), do="correct it")
    return kinds[name]


def _refused(node: ast.expr, text: str) -> ConfigError:
    return ConfigError(f"'{_source(node, text)}' is not allowed in a condition", allowed=_ALLOWED, do="mend it")


def _source(node: ast.expr, text: str) -> str:
    return ast.get_source_segment(text, node) or text


def _compiled(node: ast.expr, values: Mapping[str, ir.Value]) -> Any:
    match node:
        case ast.BoolOp(op=operator, values=parts):
            joined = and_ if isinstance(operator, ast.And) else or_
            return reduce(joined, (_compiled(part, values) for part in parts))
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return ~_compiled(part, values)
        case ast.UnaryOp(operand=part):
            return -_compiled(part, values)
        case ast.BinOp(left=left, op=operation, right=right):
            return _ARITHMETIC[type(operation)](_compiled(left, values), _compiled(right, values))
        case ast.Compare():
            return _compiled_comparison(node, values)
        case ast.Call(args=[part]):
            return _compiled(part, values).isnull()
        case ast.Name(id=name):
            return values[name]
    assert isinstance(node, ast.Constant)
    return ibis.literal(node.value)


def _compiled_comparison(node: ast.Compare, values: Mapping[str, ir.Value]) -> Any:
    parts, left = [], _compiled(node.left, values)
    for operator, right in zip(node.ops, node.comparators, strict=True):
        if isinstance(right, ast.List | ast.Tuple):
            among = left.isin([_compiled(each, values) for each in right.elts])
            parts.append(~among if isinstance(operator, ast.NotIn) else among)
        else:
            value = _compiled(right, values)
            parts.append(_COMPARE[type(operator)](left, value))
            left = value
    return reduce(and_, parts)
