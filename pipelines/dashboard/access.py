"""Who looks, and whose customers they may see."""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pipelines.config_dashboard import DashboardSettings
from pipelines.errors import ConfigError

PASSWORD = "CHURNLAB_DASHBOARD_PASSWORD"
SHORTEST_PASSWORD = 8
LONGEST_WAIT_S = 60.0


@dataclass(frozen=True)
class Viewer:
    """Somebody who looks at the dashboard.

    Parameters
    ----------
    user
        Their name; empty where nobody has to say it.
    owner
        The account owner whose customers they see; ``None``: everyone's.
    """

    user: str = ""
    owner: str | None = None


@dataclass
class Attempts:
    """Slows the guessing of a password down: each wrong one doubles the wait before the next, for everybody.

    Parameters
    ----------
    clock
        Seconds that only grow.
    """

    clock: Callable[[], float] = time.monotonic
    failures: int = 0
    closed_until: float = field(default=float("-inf"))
    _one: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def wait_s(self) -> float:
        """Seconds until the next attempt is looked at."""
        return max(0.0, self.closed_until - self.clock())

    def try_password(self, given: str, right: str) -> bool | None:
        """Say whether a password is right, in the same time whatever was given.

        Returns
        -------
        bool or None
            ``None`` during the wait: it was not looked at. Of several at once only one is.
        """
        with self._one:
            if self.wait_s:
                return None
            digests = (hashlib.sha256(text.encode()).digest() for text in (given, right))
            if hmac.compare_digest(*digests):
                self.failures = 0
                return True
            self.failures += 1
            self.closed_until = self.clock() + min(2.0 ** (self.failures - 1), LONGEST_WAIT_S)
            return False


def password(environment: Mapping[str, str] | None = None) -> str:
    """Give the password from the environment.

    Raises
    ------
    ConfigError
        If it is not set or too short.
    """
    found = (os.environ if environment is None else environment).get(PASSWORD, "")
    if len(found) < SHORTEST_PASSWORD:
        raise ConfigError(
            f"dashboard.access is password, and {PASSWORD} {'is too short' if found else 'is not set'}",
            allowed=f"a password of {SHORTEST_PASSWORD} characters or more in the environment, never in conf/",
            do=f"set {PASSWORD}, or set dashboard.access to none or header",
        )
    return found


def viewer_of(settings: DashboardSettings, headers: Mapping[str, str]) -> Viewer | None:
    """Give who looks, by the header that the reverse proxy sets; ``None`` where it is missing.

    A manager sees all customers; anybody else those of the owner that `dashboard.owners` names, or, where it names
    none, those of the owner who is called like the user.
    """
    user = headers.get(settings.user_header, "").strip()
    if not user:
        return None
    return Viewer(user, None if user in settings.managers else settings.owners.get(user, user))
