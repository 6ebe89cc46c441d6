"""The command that measures the customer base, writes the tables, and shows the last periods or the segments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

LANGUAGES = ("en", "zh")
UNITS = ("month", "quarter", "year", "all")
SHOWN = 12
HEADS = {
    "en": ("period", "at the start", "new", "returned", "lost", "at the end"),
    "zh": ("期间", "期初", "新增", "回流", "流失", "期末"),
}
COUNTED = ("opening", "new", "returned", "lost", "closing")
BY_HEAD = {"en": "segment", "zh": "分组"}
TITLES = {
    "en": "{title} · customers and rates",
    "zh": "{title} · 客户与指标",
}
BY_TITLES = {"en": "{title} · {period} by {by}", "zh": "{title} · {period} 按 {by}"}
YARDSTICK = {
    "en": "Churn {period}: {value:.1%} ({low:.1%} to {high:.1%}); healthy for {name} is {least:.2%} to {most:.2%}.",
    "zh": "{period} 流失率 {value:.1%}（{low:.1%} 至 {high:.1%}），{name} 健康水平 {least:.2%} 至 {most:.2%}。",
}
FEW = {"en": "too few", "zh": "样本过少"}


@dataclass(frozen=True)
class Asked:
    """What a person asked for; texts as they were typed."""

    by: str | None
    first: str | None
    last: str | None
    every: str
    as_json: bool
    language: str

    @property
    def is_look(self) -> bool:
        """Whether only some periods are looked at, so that the tables stay as they are."""
        return bool(self.by or self.first or self.last or self.every != "month")


def tell_measures(project_name: str, asked: Asked, overrides: list[str]) -> None:
    """Measure, write the tables where nothing special was asked for, and print.

    Raises
    ------
    ConfigError
        If the language, the unit, a day or the segmentation is none.
    NotReady
        If no tables have been accepted.
    """
    from pipelines.business.book import FLOWS, RATES, YARDSTICKS, refresh

    _check(asked)
    project = load_project(project_name, overrides)
    frames = _looked(project, asked) if asked.is_look else refresh(project)
    if asked.as_json:
        print(json.dumps({name: _records(frames[name]) for name in (FLOWS, RATES, YARDSTICKS)}, ensure_ascii=False))
        return
    if asked.by is None:
        _show_periods(project, frames, asked.language)
    else:
        _show_segments(project, frames, asked.by, asked.language)


def _check(asked: Asked) -> None:
    for given, allowed, what in ((asked.language, LANGUAGES, "language"), (asked.every, UNITS, "period")):
        if given not in allowed:
            raise ConfigError(f"There is no {what} '{given}'", allowed=", ".join(allowed), do="choose one")


def _looked(project: Project, asked: Asked) -> dict[str, pd.DataFrame]:
    from evaluation.business.periods import midnight
    from pipelines.business.book import in_periods
    from pipelines.business.material import material_of

    zone = project.measures.zone
    first = None if asked.first is None else midnight(_day(asked.first, "--from")[0], zone)
    last = None if asked.last is None else midnight(_day(asked.last, "--to")[1] + timedelta(days=1), zone)
    with material_of(project) as material:
        by = None if asked.by is None else [asked.by]
        return in_periods(material, first, last, asked.every, by)  # type: ignore[arg-type]


def _day(text: str, option: str) -> tuple[date, date]:
    """First and last day of what was typed: a day or a month."""
    from evaluation.business.periods import months_later

    try:
        if re.fullmatch(r"\d{4}-\d{2}", text):
            first = date.fromisoformat(f"{text}-01")
            return first, months_later(first, 1) - timedelta(days=1)
        return date.fromisoformat(text), date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{option} {text} is no day", allowed="2026-01-31 or 2026-01", do="write one") from None


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None).to_dict(orient="records")
    return [{str(name): _plain(value) for name, value in row.items()} for row in plain]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _show_periods(project: Project, frames: dict[str, pd.DataFrame], language: str) -> None:
    from pipelines.business.book import FLOWS, RATES, YARDSTICKS

    flows, rates, beside = (_whole(frames[name]) for name in (FLOWS, RATES, YARDSTICKS))
    flows = flows.tail(SHOWN)
    _show(project, TITLES[language].format(title=project.title[_title(language)]), flows, rates, "period", language)
    for row in beside[beside["verdict"] == "told"].tail(1).itertuples(index=False):
        ends = {"least": row.yardstick_low, "most": row.yardstick_high, "name": row.yardstick}
        said = {"period": row.period, "value": row.value, "low": row.low, "high": row.high}
        Console().line(YARDSTICK[language].format(**said, **ends))


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["segmentation"] == "all"]


def _show_segments(project: Project, frames: dict[str, pd.DataFrame], by: str, language: str) -> None:
    from pipelines.business.book import FLOWS, RATES

    flows = frames[FLOWS]
    period = flows["period"].iloc[-1]
    chosen = flows[(flows["segmentation"] == by) & (flows["period"] == period)]
    chosen = chosen[chosen[["customers_opening", "customers_closing"]].any(axis=1)]
    rates = frames[RATES]
    rates = rates[(rates["segmentation"] == by) & (rates["period"] == period)]
    title = BY_TITLES[language].format(title=project.title[_title(language)], period=period, by=_by(by, language))
    _show(project, title, chosen, rates, "segment", language)


def _show(project: Project, title: str, flows: pd.DataFrame, rates: pd.DataFrame, key: str, language: str) -> None:
    """Print two tables of a row for each period or segment: customers and their rates; revenue and purchases."""
    from evaluation.business.measures import MEASURES

    told = [name for name in MEASURES if name in set(rates["measure"])]
    cell = {(row[key], row["measure"]): row for row in rates.to_dict(orient="records")}
    of_customers = [name for name in told if MEASURES[name].bottom == "customers_opening"]
    parts = ((title, COUNTED, of_customers), ("", (), [name for name in told if name not in of_customers]))
    for heading, counted, names in parts:
        heads = [BY_HEAD[language] if key == "segment" else HEADS[language][0], *HEADS[language][1 : len(counted) + 1]]
        rows = [
            [_name(project, row, key, language), *(f"{row[f'customers_{name}']:,.0f}" for name in counted)]
            + [_cell(cell.get((row[key], name)), project.currency, language) for name in names]
            for row in flows.to_dict(orient="records")
        ]
        Console().table(heading, [*heads, *(getattr(MEASURES[name].words, language) for name in names)], rows)


def _by(segmentation: str, language: str) -> str:
    from evaluation.business.segment_words import SEGMENTATIONS

    return str(getattr(SEGMENTATIONS[segmentation], language))


def _name(project: Project, row: Mapping[Any, Any], key: str, language: str) -> str:
    from evaluation.business.segment_words import segment_words

    if key != "segment":
        return str(row[key])
    return str(getattr(segment_words(row["segmentation"], row[key], project.value_names), language))


def _cell(row: Mapping[Any, Any] | None, currency: str, language: str) -> str:
    from pipelines.report.numbers import money

    if row is None:
        return "–"
    if row["verdict"] != "told":
        return FEW[language]
    if row["measure"] == "average_order_value":
        return str(getattr(money(row["value"], currency), language))
    return f"{row['value']:.1%}"


def _title(language: str) -> Any:
    return "zh" if language == "zh" else "en"
