"""What a derived signal sees: the values of other signals of the same customer, and of its peers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ibis
from ibis.expr import types as ir

from features.terms import exact, ratio, spread
from features.thresholds import Thresholds

if TYPE_CHECKING:
    from features.declared import Signal

Look = Callable[["Signal", "int | None"], Any]
SAME = -1
FEWEST_PEERS = 3
_Asking = tuple["Signal", "int | None"]


class Values:
    """Values of signals at one cutoff, one row a customer.

    Parameters
    ----------
    look
        Gives the column of a signal in a window.
    days
        Length of the window of the signal that asks; ``None`` for the whole history.
    thresholds
        Limits that a business sets.

    Attributes
    ----------
    asked
        Signals and windows asked for so far.
    asked_peers
        Whether other customers were looked at.
    """

    def __init__(self, look: Look, days: int | None, thresholds: Thresholds | None = None) -> None:
        self._look, self._days = look, days
        self.thresholds = thresholds or Thresholds()
        self.asked: dict[_Asking, None] = {}
        self.asked_peers = False

    @property
    def days(self) -> int:
        """Length of the window in days.

        Raises
        ------
        TypeError
            If the signal has no windows.
        """
        if self._days is None:
            raise TypeError("this signal covers the whole history; declare days= to use a window's length.")
        return self._days

    def __call__(self, signal: Signal, days: int | None = SAME) -> Any:
        """Value of a signal; in the same window unless told, over the whole history if it has no windows."""
        window = None if not signal.days else self._days if days == SAME else days
        self.asked[signal, window] = None
        return self._look(signal, window)

    def before(self, signal: Signal, days: int = SAME, back: int = 1) -> Any:
        """Value of a count or sum in the window of the same length that ended `back` windows earlier."""
        length = self.days if days == SAME else days
        return self(signal, length * (back + 1)) - self(signal, length * back)

    def parts(self, signal: Signal, days: int, number: int) -> list[Any]:
        """Values of a count or sum in neighbouring windows of equal length, the newest first."""
        return [self(signal, days), *(self.before(signal, days, back) for back in range(1, number))]

    def change(self, signal: Signal, days: int = SAME) -> Any:
        """Value of the window over that of the window before; null where there was nothing before."""
        length = self.days if days == SAME else days
        return ratio(self(signal, length), self.before(signal, length))

    def peers_mean(self, value: Any, segment: Any) -> Any:
        """Mean over the customers of the same segment at the same cutoff; null for fewer than three."""
        return self._over_peers(value, segment, _mean)

    def peers_std(self, value: Any, segment: Any) -> Any:
        """Spread over the customers of the same segment at the same cutoff; null for fewer than three."""
        return self._over_peers(value, segment, _std)

    def peers_largest(self, value: Any) -> Any:
        """Largest value among all customers at the same cutoff."""
        self.asked_peers = True
        return value.max().over(ibis.window())

    def peers_share_below(self, value: Any, segment: Any = None) -> Any:
        """Share of the customers of the same segment, or of all, at the same cutoff whose value is smaller."""
        self.asked_peers = True
        group = None if segment is None else segment.fill_null("")
        below = ibis.rank().over(
            ibis.window(group_by=[value.isnull(), *([] if group is None else [group])], order_by=value)
        )
        known = value.count().over(ibis.window(group_by=group))
        return ibis.ifelse(value.notnull() & (known >= FEWEST_PEERS), ratio(below, known - 1), ibis.null("float64"))

    def _over_peers(self, value: Any, segment: Any, aggregate: Callable[[Any, Any], Any]) -> Any:
        self.asked_peers = True
        window = ibis.window(group_by=segment.fill_null(""))
        enough = value.count().over(window) >= FEWEST_PEERS
        return ibis.ifelse(enough, aggregate(value, window), ibis.null("float64"))

    def silence_days(self, industry: Any) -> ir.Value:
        """Silence that counts as such in the customer's industry, in days."""
        limits = self.thresholds.silence_days.items()
        default = ibis.literal(float(self.thresholds.default_silence_days))
        cases = [(industry.fill_null("").lower() == name.lower(), ibis.literal(float(days))) for name, days in limits]
        return ibis.cases(*cases, else_=default) if cases else default


def _mean(value: Any, window: Any) -> Any:
    """Mean over a window by exact sums, which are the same in any order of customers."""
    return ratio(exact(value).sum().over(window), value.count().over(window))


def _std(value: Any, window: Any) -> Any:
    return spread(_mean(value * value, window), _mean(value, window))


def record(definition: Callable[[Values], Any], days: int | None) -> tuple[Values, Any]:
    """Call a definition without rows, and give the values that it asked and what it returned."""
    types: dict[str, str] = {}

    def look(signal: Signal, window: int | None) -> Any:
        name = signal.column(window)
        if name not in types:
            raise _UnknownYetError(name, signal.value_type(window))
        return ibis.table(types, name="signals")[name]

    while True:
        values = Values(look, days)
        try:
            return values, definition(values)
        except _UnknownYetError as error:
            types[error.name] = error.kind


class _UnknownYetError(Exception):
    """A definition asked for a column that the table without rows must have."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(name)
        self.name, self.kind = name, kind
