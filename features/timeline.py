"""How time is divided: slices between cutoffs, and bands between the edges of windows.

A *slice* is the time between two boundaries, which are the cutoffs and instants before the first of them. Rows belong
to the slice in which they were settled, so that a cutoff sees exactly the slices that ended by then. A *band* lies
between neighbouring edges, an edge being an instant at which some window of some cutoff begins. Slices and bands are
numbered from 0, the one without beginning.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from features.terms import MICROSECONDS_PER_DAY

LONGEST_BAND_DAYS = 62
SLICE_DAYS = 31


@dataclass(frozen=True)
class Timeline:
    """Division of time for the windows of some cutoffs; all instants are microseconds since 1970.

    Parameters
    ----------
    instants
        The cutoffs, ascending.
    windows
        Lengths of the windows in days, ascending.
    has_short_bands
        Whether no band inside the windows may be longer than 62 days.
    """

    instants: Sequence[int]
    windows: Sequence[int]
    has_short_bands: bool = False

    @cached_property
    def edges(self) -> list[int]:
        """Instants between bands, ascending."""
        starts = {instant - days * MICROSECONDS_PER_DAY for days in self.windows for instant in self.instants}
        edges = sorted(starts | set(self.instants)) if starts else []
        return _divided(edges) if self.has_short_bands else edges

    @cached_property
    def boundaries(self) -> list[int]:
        """Instants between slices, ascending; the cutoffs are among them."""
        if len(self.instants) == 1 or not self.windows:
            return list(self.instants)
        length = SLICE_DAYS * MICROSECONDS_PER_DAY
        return [*range(self.instants[0] - length, self.oldest(self.instants[0]), -length)][::-1] + list(self.instants)

    def oldest(self, cutoff: int) -> int:
        """Start of the widest window of a cutoff."""
        return cutoff - self.windows[-1] * MICROSECONDS_PER_DAY if self.windows else cutoff

    def band_at(self, instant: int) -> int:
        """Give the band in which an instant lies; an edge begins a band."""
        return bisect_right(self.edges, instant)

    def starts(self, cutoff: int) -> dict[int, int]:
        """First band of each window of a cutoff."""
        return {days: self.band_at(cutoff - days * MICROSECONDS_PER_DAY) for days in self.windows}

    def last_slice(self, cutoff: int) -> int:
        """Newest slice that a cutoff sees."""
        return self.boundaries.index(cutoff)

    @property
    def first_slice(self) -> int:
        """Newest slice that all cutoffs see."""
        return self.last_slice(self.instants[0])

    def slices(self, cutoff: int) -> range:
        """Slices that windows of a cutoff reach."""
        return range(bisect_right(self.boundaries, self.oldest(cutoff)), self.last_slice(cutoff) + 1)

    def cut_slices(self, cutoff: int) -> list[int]:
        """Slices inside which a window of the cutoff begins."""
        starts = [cutoff - days * MICROSECONDS_PER_DAY for days in self.windows]
        return sorted({bisect_right(self.boundaries, start) for start in starts if start not in self.boundaries})

    @property
    def is_coarse(self) -> bool:
        """Whether the windows of a cutoff begin inside few of the slices that they reach."""
        newest = self.instants[-1]
        return bool(self.windows) and 2 * len(self.cut_slices(newest)) < len(self.slices(newest))

    @cached_property
    def homes(self) -> list[int]:
        """For each slice its first band, with which its later bands may be counted where no window begins inside it."""
        return [bisect_right(self.edges, self.edges[-1]) if self.edges else 0, *map(self.band_at, self.boundaries[:-1])]


def _divided(edges: Sequence[int]) -> list[int]:
    """Add edges so that no band between the first and the last is too long."""
    longest = LONGEST_BAND_DAYS * MICROSECONDS_PER_DAY
    return [edge for start, end in pairwise(edges) for edge in range(start, end, longest)] + list(edges[-1:])
