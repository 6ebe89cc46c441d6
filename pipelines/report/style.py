"""The one look of every picture: calm, one accent, colours that the colour-blind can tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Any

ACCENT, AMBER, VERMILION, KEPT, GREY = "#2b6cb0", "#d69e2e", "#c05621", "#2f855a", "#a0aec0"
INK = "#2d3748"
FONT = "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
SOLID, DASHES = [1, 0], ([6, 3], [2, 2], [8, 3, 2, 3], [12, 4], [4, 1])
WIDTH, HEIGHT = 520, 320


def styled(chart: Any) -> Any:
    """Give an Altair chart the project's look."""
    return (
        chart.properties(width=WIDTH, height=HEIGHT, background="white")
        .configure(font=FONT)
        .configure_view(stroke=None)
        .configure_axis(gridColor="#edf2f7", domainColor="#cbd5e0", tickColor="#cbd5e0", labelColor=INK, titleColor=INK)
        .configure_title(
            anchor="start", color=INK, fontSize=14, fontWeight=500, subtitleColor="#4a5568", subtitleFontSize=12
        )
    )


def colour_of(family: str, best: str) -> str:
    """Accent for the best model, grey tones for what is context."""
    return ACCENT if family == best else {"recency_rule": "#718096"}.get(family, GREY)


def dashes_of(families: Sequence[str], best: str) -> list[list[int]]:
    """A solid line for the best model and another dash for each other, for who cannot tell the colours apart."""
    dashes = cycle(DASHES)
    return [SOLID if family == best else next(dashes) for family in families]
