"""LightGBM and CatBoost keep what every family promises, and explain themselves as their own libraries do."""

import functools
import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from training.blend import families_in
from training.budget import Budget
from training.calibrate import Calibrator
from training.encoding import learn_encoding
from training.errors import TrainingError
from training.examples import Examples
from training.families import FAMILIES, Context
from training.folds import Folds
from training.lightgbm_boosting import COMPILED_ROWS
from training.model import FittedModel, load_model
from training.scoring import expit, level_free_log_loss, logit, roc_auc
from training.splits import Split, stratified
from training.train import TrainSettings, train

pytestmark = pytest.mark.boosters
ROUNDS = 40
NAMES = ("lightgbm", "catboost")
families = pytest.mark.parametrize("family", NAMES)
candidates = pytest.mark.parametrize(
    ("family", "place"), [(name, place) for name in NAMES for place in range(len(FAMILIES[name].candidates))]
)


@pytest.fixture
def _short_curves(monkeypatch):
    monkeypatch.setattr("training.catboost_boosting.MOST_ROUNDS", 60)


@pytest.fixture(autouse=True, scope="module")
def _libraries():
    for name in NAMES:
        pytest.importorskip(name, reason=f"{name} is not installed: pip install 'churnlab[{name}]'")


def customers(rows: int = 1_500, seed: int = 0) -> Examples:
    """Customers whose risk rises with silence, bends with tenure and depends on plan and town."""
    random = np.random.default_rng(seed)
    silent, tenure, town = random.exponential(30, rows), random.uniform(0, 60, rows), random.integers(0, 36, rows)
    plan = random.choice(["annual", "month", "trial"], rows, p=[0.4, 0.5, 0.1])
    effect = pd.Series(plan).map({"annual": -1.5, "month": 0.0, "trial": 1.5}).to_numpy()
    risk = 0.03 * silent + 0.002 * (tenure - 30) ** 2 + effect + 1.5 * (town % 2) - 2.5
    features = pd.DataFrame(
        {
            "silent": silent,
            "tenure": np.where(random.random(rows) < 0.1, np.nan, tenure),
            "orders": random.integers(0, 4, rows),
            "plan": np.where(random.random(rows) < 0.05, None, plan),
            "town": [f"town {number:02}" for number in town],
            "noise": random.random(rows),
        }
    )
    label = (random.random(rows) < expit(risk)).astype(np.int8)
    return Examples(features, label, np.arange(rows), weight=random.uniform(0.5, 2, rows))


def context(examples: Examples, **more) -> Context:
    given = {"encoding": learn_encoding(examples.features), "seed": 0, "device": "cpu", "trials": 1}
    return Context(**{**given, "budget": Budget(), **more})


def fit(family: str, examples: Examples, place: int = 0, **more):
    parameters = {**FAMILIES[family].candidates[place], "rounds": ROUNDS}
    return FAMILIES[family].fit(examples, parameters, context(examples, **more))


@functools.cache
def usual(family: str, place: int = 0):
    """What several tests read; none changes it."""
    return fit(family, customers(), place)


def saved(core, folder) -> dict[str, bytes]:
    FittedModel(core, Calibrator()).save(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@candidates
def test_the_same_seed_gives_the_same_bytes_whatever_the_cores(family, place, tmp_path, monkeypatch):
    first = saved(usual(family, place), tmp_path / "first")
    another = saved(fit(family, customers(), place, seed=1), tmp_path / "another")
    monkeypatch.setattr(f"training.{family}_boosting.threads_for", lambda rows, columns: 2)

    again = saved(fit(family, customers(), place), tmp_path / "again")

    assert first == again
    assert first != another


@families
def test_a_saved_model_gives_exactly_the_same_answers(family, tmp_path):
    model, scored = FittedModel(usual(family), Calibrator("platt", ((0.9, 0.1),))), customers(300, seed=1).features
    model.save(tmp_path / "model")

    again = load_model(tmp_path / "model")

    np.testing.assert_allclose(again.predict(scored), model.predict(scored), atol=1e-12, rtol=0)
    np.testing.assert_array_equal(again.contributions(scored).values, model.contributions(scored).values)
    assert (again.family, again.features, again.importance()) == (family, model.features, model.importance())
    assert families_in(tmp_path / "model") == {family}


@families
def test_unseen_is_missing_even_where_training_missed_nothing(family):
    scored = customers(200, seed=1).features

    for column in ("plan", "town"):
        unseen = usual(family).probability(scored.assign(**{column: "elsewhere"}))
        missing = usual(family).probability(scored.assign(**{column: None}))
        np.testing.assert_array_equal(unseen, missing)
        assert (unseen != usual(family).probability(scored)).any()


@families
def test_strange_values_are_survived_and_new_customers_ranked(family):
    new = customers(2_000, seed=2)
    strange = new.features.assign(silent=[np.inf, -1e300, np.nan, 1e300] * 500, orders=np.nan)

    assert roc_auc(new.label, usual(family).probability(new.features)) > 0.7
    odd = usual(family).probability(strange)
    assert ((odd > 0) & (odd < 1)).all()
    assert usual(family).probability(new.features.iloc[:0]).shape == (0,)


@families
def test_a_column_without_values_says_nothing(family):
    examples = customers(600)
    with_empty = replace(examples, features=examples.features.assign(empty=np.nan))

    core = fit(family, with_empty)

    assert core.importance()["empty"] == 0.0
    new = with_empty.features
    np.testing.assert_array_equal(core.probability(new.assign(empty=5.0)), core.probability(new))
    assert (core.contributions(new).values[:, -1] == 0.0).all()


def rows_to_explain() -> pd.DataFrame:
    """Enough for the compiled way, with values that training did not see and missing ones where it missed none."""
    scored = customers(COMPILED_ROWS + 50, seed=3).features
    scored.loc[:20, ["plan", "town"]] = "elsewhere"
    scored.loc[10:40, "silent"] = np.nan
    scored.loc[30:60, "orders"] = np.nan
    return scored


@candidates
def test_parts_sum_to_the_log_odds(family, place):
    core, scored = usual(family, place), rows_to_explain()

    for frame in (scored, scored.iloc[:9], scored.iloc[:0]):
        parts = core.contributions(frame)
        np.testing.assert_allclose(parts.log_odds, logit(core.probability(frame)), atol=1e-5)
        assert parts.values.shape == (len(frame), len(core.features))


@candidates
def test_parts_are_counted_from_the_average_training_row(family, place):
    examples = replace(customers(), weight=None)

    parts = fit(family, examples, place).contributions(examples.features)

    assert np.mean(parts.log_odds) == pytest.approx(parts.base, abs=0.02)


@pytest.mark.parametrize("place", range(len(FAMILIES["lightgbm"].candidates)))
def test_compiled_parts_are_those_of_lightgbm_itself(place):
    core, scored = usual("lightgbm", place), rows_to_explain()

    compiled = core.contributions(scored)

    own = core.booster.predict(core.encoding.matrix(scored), pred_contrib=True)
    np.testing.assert_allclose(compiled.values, own[:, :-1], atol=1e-5)
    np.testing.assert_allclose(compiled.base, own[:, -1], atol=1e-12)
    assert (np.abs(own[:, core.features.index("town")]) > 0.1).any()


def shapley_by_hand(core, row: pd.DataFrame, columns: list[str], background: pd.DataFrame) -> list[float]:
    """Shapley values of a model whose columns are independent in the background, from all of their subsets."""

    def worth(known: tuple[str, ...]) -> float:
        frame = background.assign(**{name: row[name].iloc[0] for name in known})
        return float(logit(core.probability(frame)).mean())

    orders = list(itertools.permutations(columns))
    gains = [
        [worth(order[: order.index(name) + 1]) - worth(order[: order.index(name)]) for order in orders]
        for name in columns
    ]
    return np.mean(gains, axis=1).tolist()


def test_parts_of_catboost_are_shapley_values():
    """On a full table of independent columns, where those along paths and those of the background are the same."""
    grid = pd.DataFrame(list(itertools.product(range(4), ["a", "b", "c"], range(3))), columns=["days", "plan", "tier"])
    features = pd.concat([grid] * 40, ignore_index=True)
    risk = features["days"] * 0.6 + 1.5 * (features["plan"] == "b") * features["tier"] - 2
    label = (np.random.default_rng(0).random(len(features)) < expit(risk.to_numpy())).astype(np.int8)
    core = fit("catboost", Examples(features, label, np.arange(len(features))))

    for at in (0, 17, 35):
        found = core.contributions(grid.iloc[[at]]).values[0]
        np.testing.assert_allclose(found, shapley_by_hand(core, grid.iloc[[at]], list(grid), grid), atol=0.02)


@families
def test_directions_hold(family):
    core = fit(family, customers(), directions={"silent": 1, "tenure": -1, "plan": 1})
    row = customers(1, seed=4).features

    for column, sign in (("silent", 1), ("tenure", -1)):
        grid = pd.concat([row] * 200, ignore_index=True).assign(**{column: np.linspace(0, 60, 200)})
        assert (sign * np.diff(core.probability(grid)) >= -1e-12).all()


def halves(examples: Examples) -> Split:
    return stratified(examples.label, folds=2, key=examples.customer)


class Clock:
    """Each look takes a second."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@families
def test_the_search_judges_boosters_that_did_not_see_the_rows(family, monkeypatch):
    monkeypatch.setattr("training.catboost_boosting.MOST_ROUNDS", 200)  # CatBoost takes 200 trees and more for many
    examples = customers(600)
    split = halves(examples)
    known = context(examples)

    found = FAMILIES[family].search(Folds(examples, split), known)

    losses, predicted = [], []
    for fold in split.folds:
        core = FAMILIES[family].fit(examples.take(fold.train), found.parameters, known)
        validation = examples.take(fold.validation)
        predicted.append(core.probability(validation.features))
        losses.append(level_free_log_loss(validation.label, logit(predicted[-1]), validation.weight))
    np.testing.assert_allclose(found.out_of_fold, np.concatenate(predicted), atol=1e-12)
    assert found.score == pytest.approx(np.mean(losses), abs=1e-9)
    scores = [found.score, *(other.score for other in found.runners_up)]
    assert scores == sorted(scores)
    assert len(scores) == len(FAMILIES[family].candidates)


@families
def test_the_budget_ends_the_search_and_still_gives_a_model(family):
    examples = customers(600)

    found = FAMILIES[family].search(
        Folds(examples, halves(examples)), context(examples, budget=Budget(0.5, Clock()), final_rows=600)
    )

    assert found.runners_up == ()
    assert found.parameters["rounds"] == 10
    assert np.isfinite(found.out_of_fold).all()


@pytest.mark.usefixtures("_short_curves")
def test_a_blend_of_both_does_not_depend_on_the_order_of_rows(tmp_path):
    examples, settings = customers(800), TrainSettings(families=(*NAMES, "blend"), half_life_days=None)
    order = np.random.default_rng(5).permutation(len(examples))
    place = np.argsort(order)
    split = halves(examples)
    moved = replace(
        split,
        folds=tuple(replace(fold, train=place[fold.train], validation=place[fold.validation]) for fold in split.folds),
        train=place[split.train],
        test=place[split.test],
    )

    first, second = train(examples, split, settings), train(examples.take(order), moved, settings)

    scored = customers(200, seed=1).features
    for family, model in first.models.items():
        np.testing.assert_allclose(second.models[family].predict(scored), model.predict(scored), atol=1e-6)
    first.models["blend"].save(tmp_path / "blend")
    assert families_in(tmp_path / "blend") == {"blend", *(name.split("-")[0] for name in first.parameters["blend"])}
    np.testing.assert_array_equal(load_model(tmp_path / "blend").predict(scored), first.models["blend"].predict(scored))


def test_what_catboost_refuses_is_told_in_our_words():
    features = pd.DataFrame({"days": [1.0] * 40})
    examples = Examples(features, np.array([0, 1] * 20, dtype=np.int8), np.arange(40))

    with pytest.raises(TrainingError, match=r"rows that CatBoost refuses .*leave catboost out"):
        fit("catboost", examples)
