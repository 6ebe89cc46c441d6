"""Names that a person may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pipelines.errors import ConfigError

_SHOWN = 12


def nearest(name: str, names: Iterable[str]) -> str:
    """Name the nearest neighbours of an unknown name, or list what there is.

    Parameters
    ----------
    name
        What was given.
    names
        What exists.

    Returns
    -------
    str
        A clause for the ``allowed`` part of an error.

    Examples
    --------
    >>> nearest("custmer_id", ["customer_id", "ordered_at"])
    "'customer_id'"
    >>> nearest("zzz", ["customer_id", "ordered_at"])
    "'customer_id', 'ordered_at'"
    """
    known = sorted(set(names))
    folded = {each.casefold(): each for each in known}
    close = [folded[each] for each in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)]
    return shown(close or known)


def shown(names: Iterable[str]) -> str:
    """Quote names for a message, shortened when there are many.

    Examples
    --------
    >>> shown(["a", "b"])
    "'a', 'b'"
    """
    listed = list(names)
    rest = len(listed) - _SHOWN
    text = ", ".join(f"'{_shortened(each)}'" for each in listed[:_SHOWN])
    return f"{text} and {rest} more" if rest > 0 else text or "none"


def _shortened(name: str) -> str:
    return name if len(name) <= 60 else name[:59] + "…"


def chosen_table(wanted: str | None, names: list[str], place: str) -> str:
    """Choose a table of a database: the wanted one, or the only one.

    Parameters
    ----------
    wanted
        Name in the mapping.
    names
        Tables there are.
    place
        The database, for the message.

    Raises
    ------
    ConfigError
        If it does not exist, or none is wanted and there are several.
    """
    if wanted in names:
        return wanted
    if wanted is None and len(names) == 1:
        return names[0]
    given = (
        f"{place} has {len(names)} tables and none is chosen" if wanted is None else f"{place} has no table '{wanted}'"
    )
    raise ConfigError(given, allowed=nearest(wanted or "", names), do="set table or query")
