"""The page of all signals, ``features/CATALOG.md``; written by ``make docs``."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from features.declared import EVER, Signal
from features.signal import discover

PAGE = Path(__file__).parent / "CATALOG.md"
RISK = {"rises": "↑", "falls": "↓", "none": ""}
_HEAD = """# Signals

{signals} signals in {columns} columns, by family. Written by `make docs` from the declarations.

`churnlab signals show NAME` says more of one, `churnlab signals explain NAME` gives its example. A name is
`<table>__<measure>__<window>`. Risk ↑ grows with the value, ↓ grows as it falls. ★ marks the twelve of the front page.
"""
_COLUMNS = "| signal | windows | unit | risk | meaning | 中文 |\n|---|---|---|---|---|---|"


def catalog_page() -> str:
    """Describe every signal of the catalogue in Markdown, grouped by family.

    Returns
    -------
    str
        The page.
    """
    signals = list(discover().values())
    head = _HEAD.format(signals=len(signals), columns=sum(len(signal.windows) for signal in signals))
    return "\n".join([head, *(_family(title, some) for title, some in _families(signals))])


def _families(signals: Iterable[Signal]) -> list[tuple[str, list[Signal]]]:
    families: dict[str, list[Signal]] = {}
    for signal in signals:
        families.setdefault(signal.definition.__module__, []).append(signal)
    return [(_title(module), some) for module, some in families.items()]


def _title(module: str) -> str:
    return (importlib.import_module(module).__doc__ or "").strip().split("\n")[0]


def _family(title: str, signals: Sequence[Signal]) -> str:
    return "\n".join([f"## {title.rstrip('.')}\n", _COLUMNS, *map(_row, signals), ""])


def _row(signal: Signal) -> str:
    windows = ", ".join(EVER if days is None else str(days) for days in signal.windows)
    star = " ★" if signal.core else ""
    cells = (f"`{signal.name}`{star}", windows, signal.unit, RISK[signal.risk], signal.meaning, signal.say["zh"])
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(catalog_page(), encoding="utf-8")
