"""Which ids stand for one customer: rule by rule from the strongest on, refusing what is contradicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np

from pipelines.errors import DataError
from pipelines.identity.candidates import (
    pairs_of_a_person,
    pairs_that_are_probable,
    pairs_that_refer,
    pairs_with_equal,
)
from pipelines.identity.columns import put
from pipelines.identity.groups import Nodes, joined
from pipelines.identity.settings import Action, Identity

PERSON, REFERENCE, LINKAGE = "person", "reference", "linkage"
ONLY_A_PERSON = "this alone does not decide 仅凭此项不能确定"
KEPT_APART = "would join what a person keeps apart 与人工判定的“否”冲突"
# What may not contradict a rule. Exact keys outweigh a name that is written otherwise.
CONTRADICTIONS = {
    PERSON: (),
    REFERENCE: ("tax_id", "distinct"),
    "tax_id": ("distinct",),
    "email": ("tax_id", "name", "distinct"),
    "phone": ("tax_id", "name", "distinct"),
    "name": ("tax_id", "distinct"),
    LINKAGE: ("tax_id", "distinct"),
}
_WORDS = {
    "tax_id": "different tax numbers 税号不同",
    "name": "different names 名称不同",
    "distinct": "two ids of a system in which nobody has two 同一系统的两个编号",
}

_RESULTS = """
CREATE OR REPLACE TEMP TABLE identity_merge (left_node BIGINT, right_node BIGINT, rule VARCHAR, value VARCHAR);
CREATE OR REPLACE TEMP TABLE identity_doubt
    (left_node BIGINT, right_node BIGINT, rule VARCHAR, value VARCHAR, doubt VARCHAR);
"""
_OPEN = """
CREATE OR REPLACE TEMP TABLE identity_open AS
SELECT pair.*, a.group_node AS left_group, b.group_node AS right_group
FROM identity_candidate AS pair
JOIN identity_group AS a ON a.node = pair.left_node JOIN identity_group AS b ON b.node = pair.right_node
WHERE a.group_node <> b.group_node
"""
_APART = """
CREATE OR REPLACE TEMP TABLE identity_apart AS
SELECT DISTINCT least(a.group_node, b.group_node) AS left_group, greatest(a.group_node, b.group_node) AS right_group
FROM (SELECT * FROM identity_decision WHERE NOT same) AS decided
JOIN identity_group AS a ON a.node = decided.left_node JOIN identity_group AS b ON b.node = decided.right_node
"""
_HELD = """
CREATE OR REPLACE TEMP TABLE identity_held AS
SELECT identity_group.group_node, told.kind, list(DISTINCT value) AS held, any_value(said) AS said
FROM identity_evidence AS told JOIN identity_word ON identity_word.kind = split_part(told.kind, ' ', 1)
JOIN identity_group ON identity_group.node = told.node GROUP BY identity_group.group_node, told.kind
"""
_DOUBT_CONTRADICTED = """
UPDATE identity_open SET doubt = found.doubt FROM (
    SELECT left_node, right_node, string_agg(DISTINCT a.said, '; ' ORDER BY a.said) AS doubt
    FROM identity_open AS pair JOIN identity_held AS a ON a.group_node = pair.left_group
    JOIN identity_held AS b ON b.group_node = pair.right_group AND b.kind = a.kind
    WHERE NOT list_has_any(a.held, b.held) GROUP BY left_node, right_node
) AS found WHERE found.left_node = identity_open.left_node AND found.right_node = identity_open.right_node
"""
_DOUBT_APART = """
UPDATE identity_open SET doubt = ? FROM identity_apart
WHERE identity_apart.left_group = least(identity_open.left_group, identity_open.right_group)
AND identity_apart.right_group = greatest(identity_open.left_group, identity_open.right_group)
"""
# Of the groups that a step would put together, all that say something of a kind must have one value in common.
_TORN_BY_VALUES = """
SELECT new_group, said FROM (
    SELECT new_group, kind, any_value(said) AS said, any_value(telling) AS telling, max(agreeing) AS agreeing FROM (
        SELECT new_group, kind, value, any_value(said) AS said, any_value(telling) AS telling, count(*) AS agreeing
        FROM (
            SELECT new_group, kind, said, telling, unnest(held) AS value FROM (
                SELECT new_group, kind, said, held, count(*) OVER (PARTITION BY new_group, kind) AS telling
                FROM identity_held JOIN identity_step ON identity_step.group_node = identity_held.group_node
            )
        ) GROUP BY new_group, kind, value
    ) GROUP BY new_group, kind
) WHERE agreeing < telling
"""
_TORN_BY_A_PERSON = """
SELECT a.new_group, ? AS said FROM identity_apart
JOIN identity_step AS a ON a.group_node = identity_apart.left_group
JOIN identity_step AS b ON b.group_node = identity_apart.right_group WHERE a.new_group = b.new_group
"""
_DOUBT_TORN = """
UPDATE identity_open SET doubt = torn.doubt FROM (
    SELECT group_node, 'together 合并后: ' || string_agg(DISTINCT said, '; ' ORDER BY said) AS doubt
    FROM identity_torn JOIN identity_step ON identity_step.new_group = identity_torn.new_group GROUP BY group_node
) AS torn WHERE torn.group_node = identity_open.left_group AND identity_open.doubt IS NULL
"""
_KEEP_DOUBTS = """
INSERT INTO identity_doubt SELECT left_node, right_node, ?, value, doubt FROM identity_open WHERE doubt IS NOT NULL
"""
_KEEP_MERGES = """
INSERT INTO identity_merge SELECT left_node, right_node, ?, value FROM identity_open WHERE doubt IS NULL
"""
_CONTRADICTING_DECISIONS = """
SELECT a.key, b.key FROM (SELECT * FROM identity_decision WHERE NOT same) AS decided
JOIN identity_group AS x ON x.node = decided.left_node JOIN identity_group AS y ON y.node = decided.right_node
JOIN identity_node AS a ON a.node = decided.left_node JOIN identity_node AS b ON b.node = decided.right_node
WHERE x.group_node = y.group_node ORDER BY a.node, b.node LIMIT 1
"""


def match(connection: duckdb.DuckDBPyConnection, nodes: int, identity: Identity) -> Nodes:
    """Join the ids that stand for one customer: a person's word first, then rule by rule, the exact ones first.

    Leaves the temporary tables ``identity_merge`` (pairs joined, with the rule) and ``identity_doubt`` (pairs refused,
    with the reason).

    Parameters
    ----------
    connection
        Holds the temporary tables of `read_evidence`, and ``identity_decision``.
    nodes
        How many ids there are.
    identity
        The rules.

    Returns
    -------
    shape (nodes,)
        Group of each node, named by its smallest node.

    Raises
    ------
    DataError
        If a person's decisions contradict each other.
    """
    connection.execute(_RESULTS)
    matching = Matching(connection, np.arange(nodes, dtype=np.int64))
    pairs_of_a_person(connection)
    matching.step(PERSON, "merge")
    matching.refuse_contradicting_decisions()
    for rule, action in identity.rules.model_dump().items():
        if action == "off":
            continue
        if rule == REFERENCE:
            pairs_that_refer(connection)
        else:
            pairs_with_equal(connection, rule, identity.most_shared)
        matching.step(rule, action)
    if identity.linkage is not None:
        matching.link(identity.linkage.review_above, identity.linkage.merge_above)
    return matching.groups


@dataclass
class Matching:
    """What is joined so far.

    Parameters
    ----------
    connection
        Holds the temporary tables.
    groups : shape (nodes,)
        Group of each node, named by its smallest node.
    """

    connection: duckdb.DuckDBPyConnection
    groups: Nodes

    def step(self, rule: str, action: Action) -> None:
        """Join the pairs in ``identity_candidate`` that nothing contradicts; the others become doubts.

        Parameters
        ----------
        rule
            Why they are pairs.
        action
            ``review`` makes all of them doubts.
        """
        if not self._find_open():
            return
        self._look(CONTRADICTIONS[rule])
        if rule != PERSON:
            self._doubt_contradicted()
            self._doubt_torn()
        if action == "review":
            self.connection.execute("UPDATE identity_open SET doubt = coalesce(doubt, ?)", [ONLY_A_PERSON])
        self.connection.execute(_KEEP_DOUBTS, [rule])
        self.connection.execute(_KEEP_MERGES, [rule])
        self.groups = self._joined()

    def link(self, review_above: float, merge_above: float | None) -> None:
        """Find probable pairs with Splink; join those from `merge_above` on, doubt the others."""
        from pipelines.identity.linkage import find_probable

        find_probable(self.connection, review_above)
        if merge_above is not None:
            pairs_that_are_probable(self.connection, merge_above)
            self.step(LINKAGE, "merge")
        pairs_that_are_probable(self.connection, review_above)
        self.step(LINKAGE, "review")

    def refuse_contradicting_decisions(self) -> None:
        """Refuse a "no" between two ids that a chain of "yes" joins.

        Raises
        ------
        DataError
            With the two ids.
        """
        put(self.connection, "identity_group", node=np.arange(len(self.groups)), group_node=self.groups)
        found = self.connection.execute(_CONTRADICTING_DECISIONS).fetchone()
        if found:
            raise DataError(
                f"The review file keeps {found[0]} and {found[1]} apart, and joins them by its other decisions",
                allowed="decisions that agree",
                do="change one of the lines that name them",
            )

    def _find_open(self) -> bool:
        """Find the pairs that are not joined yet."""
        put(self.connection, "identity_group", node=np.arange(len(self.groups)), group_node=self.groups)
        self.connection.execute(_OPEN)
        return self.connection.execute("SELECT 1 FROM identity_open LIMIT 1").fetchone() is not None

    def _look(self, kinds: Sequence[str]) -> None:
        """Find what each group says of the kinds that may contradict, and which groups a person keeps apart."""
        put(self.connection, "identity_word", kind=list(kinds), said=[_WORDS[kind] for kind in kinds])
        for statement in (_APART, _HELD):
            self.connection.execute(statement)

    def _doubt_contradicted(self) -> None:
        self.connection.execute(_DOUBT_CONTRADICTED)
        self.connection.execute(_DOUBT_APART, [KEPT_APART])

    def _doubt_torn(self) -> None:
        """Doubt all pairs of a new group that would contradict itself though no pair of it does."""
        after, nodes = self._joined(), np.arange(len(self.groups))
        before = nodes[self.groups == nodes]
        grown = np.isin(after[before], after[before[after[before] != before]])
        put(self.connection, "identity_step", group_node=before[grown], new_group=after[before[grown]])
        self.connection.execute("CREATE OR REPLACE TEMP TABLE identity_torn (new_group BIGINT, said VARCHAR)")
        self.connection.execute("INSERT INTO identity_torn " + _TORN_BY_VALUES)
        self.connection.execute("INSERT INTO identity_torn " + _TORN_BY_A_PERSON, [KEPT_APART])
        self.connection.execute(_DOUBT_TORN)

    def _joined(self) -> Nodes:
        """Join the groups along the pairs without a doubt."""
        query = "SELECT left_group, right_group FROM identity_open WHERE doubt IS NULL"
        pairs = self.connection.execute(query).fetchnumpy()
        return joined(self.groups, pairs["left_group"], pairs["right_group"])
