"""Reports as single pages that open without a network: nothing is loaded from anywhere."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.validation import documents, words

if TYPE_CHECKING:
    from markupsafe import Markup

    from pipelines.validation.inspection import Checked

BARS_WIDTH, BARS_HEIGHT = 180, 28


def usability_page(report: Mapping[str, Any]) -> str:
    """Write the usability report as HTML, in English and Chinese, light and dark."""
    return _rendered(
        "usability.html",
        title=report["title"],
        report=report,
        family_because=words.FAMILY_BECAUSE,
        horizon_because=words.HORIZON_BECAUSE,
    )


def checks_page(title: Mapping[str, str], checked: Checked) -> str:
    """Write the results of all checks as HTML."""
    import great_expectations

    return _rendered(
        "checks.html",
        title=title,
        headline=documents.headline(checked),
        tables=documents.tables(checked),
        version=great_expectations.__version__,
    )


def write_page(path: Path, html: str) -> None:
    """Put a page in place; a killed writer leaves the earlier one whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(html, encoding="utf-8")
    os.replace(beside, path)


def _rendered(template: str, **values: Any) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pipelines.validation"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template(template).render(percent=words.percent, bars=_bars, **values)


def _bars(months: Sequence[Sequence[Any]]) -> Markup:
    """Draw rows by month as small bars; the title of each says month and rows."""
    from markupsafe import Markup, escape

    if not months:
        return Markup("-")
    most = max(rows for _, rows in months)
    width = BARS_WIDTH / len(months)
    parts = []
    for number, (month, rows) in enumerate(months):
        height = max(rows / most * BARS_HEIGHT, 1)
        parts.append(
            f'<rect x="{number * width:.1f}" y="{BARS_HEIGHT - height:.1f}" width="{max(width - 1, 0.5):.1f}" '
            f'height="{height:.1f}"><title>{escape(month)}: {rows:,}</title></rect>'
        )
    said = escape(f"{months[0][0]} … {months[-1][0]}")
    drawn = f'<svg role="img" aria-label="{said}" width="{BARS_WIDTH}" height="{BARS_HEIGHT}">{"".join(parts)}</svg>'
    return Markup(drawn)
