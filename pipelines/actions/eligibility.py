"""Who may get which action: by the playbooks, and by what was done, refused and learned before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

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
    allowed
        Shape (customers, playbooks).
    effect
        Shape (customers, playbooks), share of the leavers kept; below 0 where contact drives the customer away.
    """

    customer_id: NDArray[np.object_]
    band: NDArray[np.object_]
    probability: NDArray[np.float64]
    value: NDArray[np.float64]
    allowed: NDArray[np.bool_]
    effect: NDArray[np.float64]


def candidates(scene: Scene, playbooks: Sequence[Playbook]) -> Candidates:
    """Find whom the playbooks are for."""
    rows = scene.table.order_by(PLACE)
    asked = {f"p{place}": _meant(scene, each) for place, each in enumerate(playbooks)}
    found = rows.select("customer_id", BAND, PROBABILITY, VALUE, **asked).to_pyarrow()
    allowed = np.zeros((found.num_rows, len(playbooks)), dtype=np.bool_)
    for place, name in enumerate(asked):
        allowed[:, place] = found[name].to_numpy()
    priors = [each.definition.effect for each in playbooks]
    return Candidates(
        found["customer_id"].to_numpy(),
        found[BAND].to_numpy(),
        found[PROBABILITY].to_numpy().astype(np.float64),
        found[VALUE].to_numpy().astype(np.float64),
        allowed,
        np.tile(np.array(priors, dtype=np.float64), (found.num_rows, 1)),
    )


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


def restrain(
    connection: Any,
    scene: Scene,
    found: Candidates,
    playbooks: Sequence[Playbook],
    plans: Plans,
    restraint: Restraint,
    accepted: str,
) -> None:
    """Take out, in place, whom something forbids to contact, and put in what is known of effects.

    Parameters
    ----------
    connection
        DuckDB connection to the warehouse.
    scene, found, playbooks
        Everyone, and whom the playbooks are for.
    plans
        Experiments; their control customers are left alone by the playbook that is tried.
    restraint
        When customers are left alone.
    accepted
        Schema of the accepted tables.
    """
    contacts = np.flatnonzero([each.is_contact for each in playbooks])
    found.allowed[_places(connection, scene, decided_already(restraint))] = False
    found.allowed[np.ix_(_places(connection, scene, tired(restraint, accepted)), contacts)] = False
    for place, each in enumerate(playbooks):
        said = each.definition
        alone = controls(list(on_playbook(plans, each.name)))
        unwanted = [had_before(restraint, each.name, said.again_after_days), alone]
        if each.is_contact:
            unwanted.append(refused(said.channel))
        for query in unwanted:
            found.allowed[_places(connection, scene, query), place] = False
    _learn_effects(connection, scene, found, {each.name: place for place, each in enumerate(playbooks)}, contacts)


def _places(connection: Any, scene: Scene, query: Query) -> NDArray[np.int64]:
    found = connection.execute(places(scene.name, query[0]), query[1])
    return found.fetchnumpy()[PLACE].astype(np.int64)


def _learn_effects(
    connection: Any, scene: Scene, found: Candidates, playbooks: Mapping[str, int], contacts: NDArray[np.int64]
) -> None:
    """Put measured effects of single customers in the place of the playbooks' guesses."""
    known = connection.execute(known_effects(scene.name)).fetchnumpy()
    at, effects = known[PLACE].astype(np.int64), known["effect"].astype(np.float64)
    for name, place in playbooks.items():
        own = known["playbook"] == name
        found.effect[at[own], place] = effects[own]
    everywhere = (known["playbook"] == EVERY_CONTACT) & (effects < 0)
    found.effect[np.ix_(at[everywhere], contacts)] = effects[everywhere][:, None]
