"""Libraries of families that are not installed by default; the family, the library and the extra share one name."""

from __future__ import annotations

import importlib
from types import ModuleType

from training.errors import MissingLibrary

EXTRAS = ("lightgbm", "catboost")


def extra_library(name: str) -> ModuleType:
    """Import the library of a family.

    Parameters
    ----------
    name
        One of `EXTRAS`.

    Returns
    -------
    ModuleType
        The library.

    Raises
    ------
    MissingLibrary
        If it is not installed, or the system lacks what it is linked with.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingLibrary(
            f"the family {name!r}, whose library is not installed",
            f"it with the extra {name!r}, or families that need no extra",
            f'run: pip install "churnlab[{name}]"; or leave {name} out of train.families',
        ) from None
    except OSError as problem:
        raise MissingLibrary(
            f"the family {name!r}, whose library cannot be loaded ({problem})",
            "a system that has what the library is linked with",
            "install that; where libgomp is missing: apt-get install libgomp1",
        ) from None
