"""The aliases of a registered model, which stay consistent whenever the work is killed.

One write decides: that of the alias `champion`. What went before is written on the new champion first (`replaced`), and
the alias `previous` follows from it, so that `mend` can always finish what was begun.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.registry import CHAMPION, PREVIOUS, version_of
from pipelines.tracking import Tracking

REPLACED = "replaced"
NOBODY = "none"


def crown(tracking: Tracking, name: str, version: str, tags: Mapping[str, str] | None = None) -> str | None:
    """Make a version champion, and the one before it `previous`.

    Parameters
    ----------
    tracking
        Where.
    name
        Registered model.
    version
        The new champion; nothing changes if it is champion already.
    tags
        Written on it before it is champion.

    Returns
    -------
    str or None
        The version that was champion before.
    """
    client, before = tracking.client(), version_of(tracking, name, CHAMPION)
    for key, value in (tags or {}).items():
        client.set_model_version_tag(name, version, key, value)
    if before is None or str(before.version) != version:
        client.set_model_version_tag(name, version, REPLACED, NOBODY if before is None else str(before.version))
        client.set_registered_model_alias(name, CHAMPION, version)
    mend(tracking, name)
    return None if before is None else str(before.version)


def mend(tracking: Tracking, name: str) -> None:
    """Let `previous` name the version that the champion replaced, and never the champion itself."""
    champion, previous = version_of(tracking, name, CHAMPION), version_of(tracking, name, PREVIOUS)
    if champion is None:
        return
    client, now = tracking.client(), None if previous is None else str(previous.version)
    wanted = champion.tags.get(REPLACED, now)
    if wanted in (NOBODY, str(champion.version)) or not _is_there(tracking, name, wanted):
        wanted = None
    if wanted is not None and wanted != now:
        client.set_registered_model_alias(name, PREVIOUS, wanted)
    elif wanted is None and now is not None:
        client.delete_registered_model_alias(name, PREVIOUS)


def _is_there(tracking: Tracking, name: str, version: str | None) -> bool:
    """Whether a version was not deleted meanwhile."""
    from mlflow.exceptions import MlflowException

    if version is None:
        return False
    try:
        tracking.client().get_model_version(name, version)
    except MlflowException:
        return False
    return True
