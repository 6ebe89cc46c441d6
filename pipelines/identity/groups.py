"""Groups of nodes that belong together because pairs of them do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Nodes = NDArray[np.int64]


def joined(groups: Nodes, left: Nodes, right: Nodes) -> Nodes:
    """Join groups along pairs.

    Parameters
    ----------
    groups : shape (nodes,)
        Group of each node, named by its smallest node.
    left, right : shape (pairs,)
        Groups that belong together.

    Returns
    -------
    shape (nodes,)
        Group of each node afterwards, named by its smallest node.

    Examples
    --------
    >>> joined(np.arange(5), np.array([3, 1]), np.array([1, 4])).tolist()
    [0, 1, 2, 1, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(groups)
    edges = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(count, count))
    found, part = connected_components(edges, directed=False)
    smallest = np.full(found, count, dtype=np.int64)
    np.minimum.at(smallest, part, np.arange(count))
    return np.asarray(smallest[part][groups])
