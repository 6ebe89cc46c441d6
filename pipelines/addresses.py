"""Addresses of databases: secrets come from the environment by ``${NAME}`` and leave no trace in what is said."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import unquote

from pipelines.errors import ConfigError

_NAME = re.compile(r"\$\{(\w+)\}")
_IN_PASSWORD = re.compile(r":\$\{(\w+)\}@")
_TO_ENCODE = set("@:/?#[] ")
_PASSWORD = re.compile(r"://[^/?#]*?:([^/?#]*)@|[?&]password=([^&]*)")


def resolved(url: str, whose: str, environment: Mapping[str, str] | None = None) -> str:
    """Put environment variables in the place of ``${NAME}``.

    Parameters
    ----------
    url
        As configured.
    whose
        Whose address it is, such as ``a source``.
    environment
        The process's own by default.

    Raises
    ------
    ConfigError
        If a variable is not set, or a password would be read as another part of the address.

    Examples
    --------
    >>> resolved("postgresql://me:${PASSWORD}@host/db", "a source", {"PASSWORD": "secret"})
    'postgresql://me:secret@host/db'
    """
    known = os.environ if environment is None else environment

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in known:
            raise ConfigError(
                f"The url of {whose} needs the environment variable {name}", do=f"set {name} and try again"
            )
        return known[name]

    address = _NAME.sub(value, url)
    for name in _IN_PASSWORD.findall(url):
        if _TO_ENCODE & set(known[name]):
            raise ConfigError(
                f"The variable {name} in the url of {whose} holds a character that ends a password in an address",
                allowed="%40 for @, %3A for :, %2F for /, %3F for ?, %23 for #, %20 for a blank",
                do=f"write {name} so",
            )
    return address


def holds_password(url: str) -> bool:
    """Whether an address as configured holds a password itself.

    >>> holds_password("mysql://me:secret@host/db"), holds_password("mysql://me:${PASSWORD}@host/db")
    (True, False)
    >>> holds_password("postgresql://host/db?user=me&password=secret"), holds_password("${ADDRESS}")
    (True, False)
    """
    return any(_NAME.sub("", password) for password in passwords(url))


def hidden(text: str, url: str, environment: Mapping[str, str] | None = None) -> str:
    """Take the secrets of an address out of a text: passwords, and what stands in place of a part of it.

    Parameters
    ----------
    text
        What is to be said.
    url
        As configured.
    environment
        The process's own by default.

    Examples
    --------
    >>> hidden("no user s:cret", "mysql://me:${PASSWORD}@host/db", {"PASSWORD": "s%3Acret"})
    'no user ***'
    >>> hidden("no user secret at host", "${ADDRESS}", {"ADDRESS": "mysql://me:secret@host/db"})
    'no user *** at host'
    """
    known = os.environ if environment is None else environment
    values = [known.get(name, "") for name in _NAME.findall(url)]
    secrets = passwords(values[0]) if _NAME.fullmatch(url) else [*passwords(url), *values]
    for secret in sorted({*secrets, *map(unquote, secrets)}, key=len, reverse=True):
        text = text.replace(secret, "***") if secret else text
    return text


def passwords(url: str) -> list[str]:
    """Give the passwords in an address as they stand there."""
    return [part for match in _PASSWORD.finditer(url) for part in match.groups() if part]
