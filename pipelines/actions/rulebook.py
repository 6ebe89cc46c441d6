"""All rules of a project: those that come with the project, and on top of them the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from features.signal import SignalColumn
from pipelines.actions.entries import Entry, read_entries
from pipelines.actions.rule import Rule, read_rule

SHIPPED = Path(__file__).parents[2] / "conf"
_CHANGES_FIRING = frozenset({"when", "threshold", "threshold_by_industry", "audience"})


def load_rules(known: Mapping[str, SignalColumn], folders: Iterable[Path] = ()) -> dict[str, Rule]:
    """Read every rule; an entry of a later folder changes what it names of a rule with the same name.

    Parameters
    ----------
    known
        The signals that there are.
    folders
        Folders of the user's own, on top of the shipped rules.

    Raises
    ------
    ConfigError
        With file and line of what is wrong.
    """
    return {name: read_rule(entry, known) for name, entry in layered([SHIPPED / "rules", *folders]).items()}


def layered(folders: Iterable[Path]) -> dict[str, Entry]:
    """Read entries by name, later folders on top; a changed condition takes the examples of the old one away."""
    found: dict[str, Entry] = {}
    for entry in read_entries(folders):
        below = found.get(entry.name)
        found[entry.name] = entry if below is None else _over(entry, below)
    return found


def _over(entry: Entry, below: Entry) -> Entry:
    merged = entry.over(below)
    if _CHANGES_FIRING & entry.content.keys() and "examples" not in entry.content:
        content = {key: value for key, value in merged.content.items() if key != "examples"}
        return Entry(merged.name, content, merged.origin)
    return merged
