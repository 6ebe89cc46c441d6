"""Tables that no setting of the project has seen: flat ones with a known true risk, and order logs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

BASE = Path(__file__).parents[1] / "conf" / "base.yaml"

Random = np.random.Generator
Floats = np.ndarray


@dataclass(frozen=True)
class FlatShape:
    """A family of flat tables.

    Parameters
    ----------
    rows, numbers, categories
        Size of the table.
    share
        Wanted share of leavers.
    missing_share
        Share of values that are missing, half of them where the value is high.
    risk
        How risk follows from columns: ``additive`` (a few bent lines), ``interactions`` (pairs and thresholds) or
        ``clusters`` (classes as in scikit-learn's ``make_classification``).
    strength
        Standard deviation of the log odds.
    """

    rows: int
    numbers: int
    categories: int
    share: float
    missing_share: float
    risk: str
    strength: float


FLAT_TABLES: dict[str, FlatShape] = {
    "flat_additive": FlatShape(4_000, 12, 8, 0.25, 0.02, "additive", 1.5),
    "flat_small": FlatShape(3_000, 6, 4, 0.15, 0.0, "interactions", 1.8),
    "flat_pairs": FlatShape(12_000, 20, 10, 0.4, 0.1, "interactions", 2.0),
    "flat_clusters": FlatShape(20_000, 30, 5, 0.8, 0.05, "clusters", 1.0),
    "flat_wide": FlatShape(50_000, 45, 15, 0.3, 0.05, "interactions", 1.5),
}


@dataclass(frozen=True)
class OrderShape:
    """A simulated shop.

    Parameters
    ----------
    customers, days
        Size of the log.
    mean_gap_days
        Days between two orders of the average customer.
    lifetime_days
        Mean days until a customer is gone for good.
    season
        Height of the yearly swing of the order rate, 0 to 1.
    horizon_days
        Days looked ahead.
    """

    customers: int
    days: int
    mean_gap_days: float
    lifetime_days: float
    season: float
    horizon_days: int


ORDER_LOGS: dict[str, OrderShape] = {
    "orders_steady": OrderShape(3_000, 730, 25.0, 300.0, 0.1, 60),
    "orders_season": OrderShape(4_000, 800, 60.0, 400.0, 0.6, 90),
}


def flat_table(shape: FlatShape, seed: int) -> tuple[pd.DataFrame, Floats, Floats]:
    """Draw a table.

    Returns
    -------
    tuple
        Columns, label, and the true probability of each row.
    """
    random = np.random.default_rng([seed, shape.rows])
    if shape.risk == "clusters":
        return _clustered(shape, random)
    numbers = _numbers(shape, random)
    codes = [random.choice(size, shape.rows, p=_uneven(size, random)) for size in _sizes(shape, random)]
    effects = [random.normal(size=code.max() + 1)[code] for code in codes]
    score = RISKS[shape.risk](numbers, effects, random)
    risk = _probabilities(shape, score)
    label = (random.random(shape.rows) < risk).astype(np.int8)
    return _frame(shape, numbers, codes, random), label, risk


def write_order_log(shape: OrderShape, seed: int, folder: Path) -> Path:
    """Write the log of a simulated shop and the configuration of a project over it, unless both are there.

    Returns
    -------
    Path
        The configuration.
    """
    conf = folder / "shop.yaml"
    if conf.is_file():
        return conf
    folder.mkdir(parents=True, exist_ok=True)
    _orders(shape, np.random.default_rng([seed, shape.customers])).to_parquet(folder / "orders.parquet", index=False)
    shutil.copy(BASE, folder)
    conf.write_text(
        f"""name: shop
title: {{en: Shop, zh: 商店}}
data:
  root: {folder}
  mapping:
    tables:
      orders: {{path: orders.parquet, columns: same}}
label:
  churn:
    - {{kind: inactivity, table: orders, activity_days: 365}}
  horizon_days: {shape.horizon_days}
train:
  half_life_days: auto
  recency_column: orders__days_since_last__ever
""",
        encoding="utf-8",
    )
    return conf


def _numbers(shape: FlatShape, random: Random) -> Floats:
    """Correlated numbers, some of them with long tails, some rounded."""
    factors = random.normal(size=(shape.rows, 4))
    loads = random.normal(size=(4, shape.numbers)) * 0.5
    numbers = factors @ loads + random.normal(size=(shape.rows, shape.numbers))
    numbers[:, ::3] = np.exp(0.8 * numbers[:, ::3])
    numbers[:, 1::5] = np.round(2 * numbers[:, 1::5])
    return numbers


def _sizes(shape: FlatShape, random: Random) -> list[int]:
    return [int(size) for size in random.choice([2, 3, 4, 8, 15, 60], shape.categories)]


def _uneven(size: int, random: Random) -> Floats:
    return random.dirichlet(np.full(size, 2.0))


def _ranks(numbers: Floats) -> Floats:
    return (np.argsort(np.argsort(numbers, axis=0), axis=0) + 0.5) / len(numbers) * 2 - 1


def _additive(numbers: Floats, effects: list[Floats], random: Random) -> Floats:
    rank = _ranks(numbers)
    weights = random.normal(size=rank.shape[1]) * (random.random(rank.shape[1]) < 0.6)
    bends = random.normal(size=rank.shape[1]) * (random.random(rank.shape[1]) < 0.3)
    return rank @ weights + rank**2 @ bends + sum(0.4 * effect for effect in effects)


def _interacting(numbers: Floats, effects: list[Floats], random: Random) -> Floats:
    rank = _ranks(numbers)
    score = 0.5 * _additive(numbers, effects, random)
    for _ in range(max(rank.shape[1] // 3, 3)):
        first, second = random.integers(0, rank.shape[1], 2)
        score = score + random.normal() * (rank[:, first] > random.uniform(-0.5, 0.5)) * rank[:, second]
    category = effects[random.integers(len(effects))]
    return score + 0.6 * category * rank[:, random.integers(rank.shape[1])]


RISKS: dict[str, Callable[[Floats, list[Floats], Random], Floats]] = {
    "additive": _additive,
    "interactions": _interacting,
}


def _probabilities(shape: FlatShape, score: Floats) -> Floats:
    """Risk with the wanted spread, and the level that gives the wanted share."""
    from scipy.optimize import brentq

    log_odds = shape.strength * (score - score.mean()) / score.std()
    level = brentq(lambda shift: (1 / (1 + np.exp(-log_odds - shift))).mean() - shape.share, -20, 20)
    return 1 / (1 + np.exp(-log_odds - level))


def _clustered(shape: FlatShape, random: Random) -> tuple[pd.DataFrame, Floats, Floats]:
    """Classes of several clusters each; their true probability is not known."""
    from sklearn.datasets import make_classification

    numbers, label = make_classification(
        shape.rows,
        shape.numbers,
        n_informative=shape.numbers // 3,
        n_redundant=shape.numbers // 5,
        n_clusters_per_class=4,
        weights=[1 - shape.share],
        flip_y=0.1,
        class_sep=0.7,
        random_state=int(random.integers(2**31)),
    )
    cut = numbers[:, : shape.categories]
    codes = [np.digitize(column, np.quantile(column, [0.2, 0.5, 0.9])) for column in cut.T]
    table = _frame(shape, numbers, codes, random)
    return table, label.astype(np.int8), np.full(shape.rows, np.nan)


def _frame(shape: FlatShape, numbers: Floats, codes: list[Floats], random: Random) -> pd.DataFrame:
    table = pd.DataFrame({f"number_{at}": column for at, column in enumerate(numbers.T)})
    for at, code in enumerate(codes):
        table[f"category_{at}"] = pd.Series([f"v{value}" for value in code], dtype="category")
    gone = random.random(numbers.shape) < shape.missing_share * np.where(_ranks(numbers) > 0, 1.5, 0.5)
    return table.mask(np.hstack([gone, np.zeros((len(table), len(codes)), dtype=bool)]))


def _orders(shape: OrderShape, random: Random) -> pd.DataFrame:
    """Customers arrive, order at a rate of their own that swings with the season, slow down, and go."""
    start = pd.Timestamp("2023-01-01")
    parts = []
    for number in range(shape.customers):
        arrival = random.uniform(0, shape.days - 60)
        life = random.exponential(shape.lifetime_days * random.gamma(2.0, 0.5))
        gap_days = shape.mean_gap_days * random.gamma(2.0, 0.5) + 2.0
        days = arrival + np.cumsum(random.gamma(2.0, gap_days / 2, int(life / gap_days * 2) + 3)) - gap_days
        days = days[(days >= arrival) & (days < min(arrival + life, shape.days))]
        season = 1 + shape.season * np.sin(2 * np.pi * days / 365)
        days = np.append(arrival, days[random.random(len(days)) * (1 + shape.season) < season])
        fading = np.clip(1 - (days - arrival) / (life + 1), 0.2, 1.0) if life < shape.days else np.ones(len(days))
        amount = np.round(np.exp(random.normal(3.5, 0.6) + random.normal(0, 0.4, len(days))) * fading, 2)
        parts.append(pd.DataFrame({"customer_id": f"c{number:06d}", "day": days, "amount": amount}))
    orders = pd.concat(parts).sort_values("day", ignore_index=True)
    orders["ordered_at"] = start + pd.to_timedelta(orders.pop("day").round(5), unit="D").dt.floor("s")
    return orders.assign(order_id=[f"o{number:07d}" for number in range(len(orders))])
