"""The libraries that scoring needs, cut out of the project's lock: no training, no tracking, no addresses."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipelines.errors import NotReady

LOCK = Path(__file__).parents[2] / "requirements.lock"
LOCK_OF_BOOSTERS = LOCK.with_name("requirements-boosters.lock")
ROOTS = ("duckdb", "ibis-framework[duckdb]", "numpy", "pandas", "pyarrow", "scipy", "xgboost")
"""What `features`, `training` and `pipelines.exported` import in order to score; the rest follows from these."""
DRAWING = frozenset({"graphviz", "matplotlib", "plotly"})
"""What CatBoost asks for and imports only to draw."""


def scoring_lock(lock: Path = LOCK, boosters: Collection[str] = ()) -> str:
    """Cut the libraries that scoring needs out of the project's lock.

    Parameters
    ----------
    lock
        The project's lock: one entry a library, each with its hashes.
    boosters
        Libraries of the model that come with extras; their own lock adds what the project's does not name.

    Returns
    -------
    str
        The entries of `ROOTS`, of these, and of all that they require, in the order of the locks.

    Raises
    ------
    NotReady
        If the lock is not there or does not name a library that is needed.
    """
    if not lock.is_file():
        raise NotReady(
            f"{lock} is not there, from which the libraries of the export are taken",
            allowed="ChurnLab run from its own folder",
            do="install it with make, or with pip install --editable",
        )
    needed = closure((*ROOTS, *boosters))
    entries = list(_entries(lock.read_text(encoding="utf-8")))
    if boosters:
        named = {name for name, _ in entries}
        others = _entries(LOCK_OF_BOOSTERS.read_text(encoding="utf-8"))
        entries += [(name, text) for name, text in others if name not in named]
    absent = needed - {name for name, _ in entries}
    if absent:
        raise NotReady(f"{lock} does not name {', '.join(sorted(absent))}", do="write it anew: make lock")
    return "".join(text for name, text in entries if name in needed)


def pinned(lock: str) -> dict[str, str]:
    r"""Version of each library that a lock names for this Python and machine.

    >>> pinned("numpy==2.4.6 \\\n    --hash=sha256:00\nother==1 ; python_version < '3'\n")
    {'numpy': '2.4.6'}
    """
    found = {}
    for name, entry in _entries(lock):
        requirement = Requirement(entry.split("\n")[0].rstrip(" \\"))
        if requirement.marker is None or requirement.marker.evaluate():
            found[name] = str(requirement.specifier).removeprefix("==")
    return found


def installed_otherwise(lock: str) -> list[str]:
    """Libraries whose installed version is not the one of a lock, as ``name installed (locked)``."""
    both = {
        name: (importlib.metadata.version(name), wanted) for name, wanted in pinned(lock).items() if _is_installed(name)
    }
    return [f"{name} {installed} ({wanted})" for name, (installed, wanted) in both.items() if installed != wanted]


def closure(roots: Iterable[str]) -> set[str]:
    """Names of libraries and of all but `DRAWING` that they require on this machine, directly or through others.

    Parameters
    ----------
    roots
        Requirements, with extras where they are meant.
    """
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(text) for text in roots]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras} if _is_installed(name) and name not in DRAWING else ():
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += _required(name, extra)
    return {name for name, _ in seen}


def _required(name: str, extra: str) -> Iterator[Requirement]:
    for text in importlib.metadata.requires(name) or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def _is_installed(name: str) -> bool:
    """Whether it is here; what the lock leaves out on purpose, such as another device's drivers, is not."""
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _entries(lock: str) -> Iterator[tuple[str, str]]:
    """Split a lock into its entries, each a line with a name and the indented lines below it."""
    for entry in re.findall(r"^\S.*\n(?:[ \t]+.*\n)*", lock, re.M):
        if not entry.startswith(("#", "-")):
            yield canonicalize_name(re.split(r"[=<>!~\[; ]", entry, maxsplit=1)[0]), entry
