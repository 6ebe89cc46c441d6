"""Who may get which action: by the playbooks, and by what was done, refused and learned before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluation.action.choice import expected_gain
from pipelines.actions.arms import Plans, on_playbook
from pipelines.actions.playbook import Playbook
from pipelines.actions.scene import Scene
from pipelines.actions.statements import (
    BAND,
    FAMILIES,
    PLACE,
    PROBABILITY,
    TIER,
    VALUE,
    Query,
    Restraint,
    controls,
    decided_already,
    had_before,
    known_effects,
    places,
    refused,
    tired,
)
from pipelines.warehouse.actions import EVERY_CONTACT

if TYPE_CHECKING:
    from ibis.expr import types as ir


@dataclass(frozen=True, eq=False)
class Candidates:
    """Everyone of a scene, place by place.

    Parameters
    ----------
    customer_id, band
        Shape (customers,).
    probability, value
        Shape (customers,); missing where unknown.
    gain
        Shape (customers, playbooks), expected value kept less cost; -inf where an action is not allowed.
    """

    customer_id: NDArray[np.object_]
    band: NDArray[np.object_]
    probability: NDArray[np.float64]
    value: NDArray[np.float64]
    gain: NDArray[np.float64]


def candidates(
    connection: Any, scene: Scene, playbooks: Sequence[Playbook], plans: Plans, restraint: Restraint, accepted: str
) -> Candidates:
    """Find whom the playbooks are for and nothing forbids to contact, and what each action is expected to keep.

    Parameters
    ----------
    connection
        DuckDB connection to the warehouse.
    scene, playbooks
        Everyone, and what may be done.
    plans
        Experiments; their control customers are left alone by the playbook that is tried.
    restraint
        When customers are left alone.
    accepted
        Schema of the accepted tables.
    """
    rows = scene.table.order_by(PLACE)
    asked = {f"p{place}": _meant(scene, each) for place, each in enumerate(playbooks)}
    found = rows.select("customer_id", BAND, PROBABILITY, VALUE, **asked).to_pyarrow()
    allowed = np.zeros((found.num_rows, len(playbooks)), dtype=np.bool_)
    for place, name in enumerate(asked):
        allowed[:, place] = found[name].to_numpy()
    _restrain(connection, scene, allowed, playbooks, plans, restraint, accepted)
    probability, value = (found[name].to_numpy().astype(np.float64) for name in (PROBABILITY, VALUE))
    gain = expected_gain(
        np.nan_to_num(probability),
        np.nan_to_num(value),
        _effects(connection, scene, playbooks, found.num_rows),
        np.array([each.definition.cost for each in playbooks], dtype=np.float64),
        allowed,
    )
    return Candidates(found["customer_id"].to_numpy(), found[BAND].to_numpy(), probability, value, gain)


def _meant(scene: Scene, playbook: Playbook) -> ir.Value:
    """Give whether a playbook is for each customer of a scene."""
    import ibis

    definition, rows = playbook.definition, scene.table
    if definition.audience != scene.audience or not set(playbook.signals) <= set(rows.columns):
        return ibis.literal(False)
    who = definition.who
    parts: list[Any] = [rows[VALUE].notnull() & rows[PROBABILITY].notnull()]
    if who.bands:
        parts.append(rows[BAND].isin(who.bands))
    if who.tiers:
        parts.append(rows[TIER].isin(who.tiers))
    if who.minimum_probability is not None:
        parts.append(rows[PROBABILITY] >= who.minimum_probability)
    if who.rules:
        fired = [scene.fired(rule) for rule in who.rules if rule in scene.rules]
        parts.append(reduce(or_, fired) if fired else ibis.literal(False))
    if who.reasons:
        parts.append(reduce(or_, [rows[FAMILIES].contains(family) for family in who.reasons]))
    if playbook.condition is not None:
        parts.append(playbook.condition.compiled({name: rows[name] for name in playbook.signals}))
    return reduce(and_, parts).fill_null(False)


def _restrain(
    connection: Any,
    scene: Scene,
    allowed: NDArray[np.bool_],
    playbooks: Sequence[Playbook],
    plans: Plans,
    restraint: Restraint,
    accepted: str,
) -> None:
    """Take out, in place, whom something forbids to contact."""
    contacts = np.flatnonzero([each.is_contact for each in playbooks])
    allowed[_places(connection, scene, decided_already(restraint))] = False
    allowed[np.ix_(_places(connection, scene, tired(restraint, accepted)), contacts)] = False
    for place, each in enumerate(playbooks):
        said = each.definition
        alone = controls(list(on_playbook(plans, each.name)))
        unwanted = [had_before(restraint, each.name, said.again_after_days), alone]
        if each.is_contact:
            unwanted.append(refused(said.channel))
        for query in unwanted:
            allowed[_places(connection, scene, query), place] = False


def _places(connection: Any, scene: Scene, query: Query) -> NDArray[np.int64]:
    found = connection.execute(places(scene.name, query[0]), query[1])
    return found.fetchnumpy()[PLACE].astype(np.int64)


def _effects(connection: Any, scene: Scene, playbooks: Sequence[Playbook], customers: int) -> NDArray[np.float64]:
    """Give the share of the leavers whom each action keeps: the playbooks' guesses, else what is known of a customer.

    Below 0 contact drives the customer away.
    """
    priors = np.array([each.definition.effect for each in playbooks], dtype=np.float64)
    known = connection.execute(known_effects(scene.name)).fetchnumpy()
    same = np.broadcast_to(priors, (customers, len(playbooks)))
    if not known[PLACE].size:
        return same
    effect = same.copy()
    at, effects = known[PLACE].astype(np.int64), known["effect"].astype(np.float64)
    for place, each in enumerate(playbooks):
        own = known["playbook"] == each.name
        effect[at[own], place] = effects[own]
    everywhere = (known["playbook"] == EVERY_CONTACT) & (effects < 0)
    contacts = np.flatnonzero([each.is_contact for each in playbooks])
    effect[np.ix_(at[everywhere], contacts)] = effects[everywhere][:, None]
    return effect
