"""Names of time zones."""

from __future__ import annotations

import zoneinfo
from functools import cache


@cache
def zone_names() -> frozenset[str]:
    """Give all names that this machine knows; found once, because that walks through hundreds of files.

    Examples
    --------
    >>> "Asia/Shanghai" in zone_names()
    True
    """
    return frozenset(zoneinfo.available_timezones())
