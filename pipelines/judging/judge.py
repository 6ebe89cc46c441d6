"""Puts the parts of a judgement together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.judging import (
    calibration,
    gates,
    horizons,
    money,
    over_time,
    population,
    portrait,
    ranking,
    reasons,
    segments,
)
from pipelines.judging.material import Material

if TYPE_CHECKING:
    import pandas as pd

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Judgement:
    """What was found.

    Parameters
    ----------
    record
        Figures, JSON-able.
    tables
        Curves and lists by name.
    """

    record: dict[str, Any]
    tables: dict[str, pd.DataFrame]

    def write(self, folder: Path) -> Path:
        """Write the tables as Parquet files into a folder that is there."""
        for name, table in self.tables.items():
            table.to_parquet(folder / f"{name}.parquet")
        return folder


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Read what `Judgement.write` wrote."""
    import pandas as pd

    return {file.stem: pd.read_parquet(file) for file in sorted(folder.glob("*.parquet"))}


def judge(material: Material, say: Say) -> Judgement:
    """Judge the best model by everything that can be asked of it, and every family by the deciding figures.

    Parameters
    ----------
    material
        Predictions on unseen customers and what belongs to them.
    say
        Called with a line of text when a step begins.
    """
    say("figures of each model")
    figures, intervals = ranking.figures(material), ranking.with_intervals(material)
    record, tables = _about(material), {"population": population.population(material)}
    record |= {"test": figures, "intervals": intervals, "against_rule": ranking.against_rule(material)}
    say("ranking and calibration")
    record["contacts"] = ranking.contacts(material, figures, intervals)
    record["calibration"] = {
        "brier": calibration.parts(material),
        "by_chance": calibration.expected_by_chance(material),
    }
    tables |= {"gain": ranking.gain(material), "reliability": calibration.reliability(material)}
    tables["risk_levels"] = calibration.risk_levels(material)
    _keep(tables, horizons=horizons.by_horizon(material))
    say("money")
    record["money"], profit = money.money(material)
    _keep(tables, profit=profit)
    say("segments")
    divided = segments.segmentations(material)
    tables["segments"] = segments.by_segment(material, divided)
    say("over time")
    record["over_time"] = _over_time(material, tables)
    say("what the model goes by")
    _keep(tables, reasons=reasons.global_reasons(material))
    say("the high-risk portrait")
    record["portrait"] = portrait.portrait(material)
    _keep(tables, interactions=portrait.acting_together(material, tables.get("reasons")))
    say("gates")
    tables["drift"] = population.drift(material)
    record["gates"] = gates.findings(material, divided, tables["drift"])
    return Judgement(record, tables)


def _about(material: Material) -> dict[str, Any]:
    accepted, record = material.accepted, material.record
    return {
        "best": material.best,
        "run_id": record["run_id"],
        "project": {"name": material.project.name, "title": material.project.title},
        "calendar": material.calendar,
        "split": record["split"],
        "signals": {"model": len(record["features"][material.best]), "dropped": len(record["dropped"])},
        "data": {"rows": accepted["rows"], "first": accepted.get("first"), "last": accepted.get("last")},
        "bands": material.project.score.bands,
        "capacity": material.capacity,
        "rule": None if material.rule is None else ", ".join(record["features"][material.rule]),
    }


def _over_time(material: Material, tables: dict[str, pd.DataFrame]) -> dict[str, Any] | None:
    """Judge time, and put its curves among the tables; none for a flat table."""
    scored = over_time.everything_scored(material)
    if scored is None:
        return None
    tables["backtest"] = over_time.backtest(material, scored)
    _keep(tables, stability=over_time.stability(material, scored))
    led = over_time.lead_times(material, scored)
    _keep(tables, lead_time=None if led is None else led[0])
    return {"lead": None if led is None else led[1], "score_drift": population.score_drift(scored, material.best)}


def _keep(tables: dict[str, pd.DataFrame], **found: pd.DataFrame | None) -> None:
    tables |= {name: table for name, table in found.items() if table is not None}
