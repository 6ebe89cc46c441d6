"""What is heard from database servers that do not serve: what passes if one waits, and what stays as it is."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

_POSTGRES_PASSING = ("08", "57P", "53300", "40001", "40P01", "55P03")
"""Beginnings of the codes of what passes: lost connection, shutdown and start, too many clients, deadlock, lock."""
_POSTGRES_BUSY = ("starting up", "shutting down", "recovery mode", "too many clients", "connection slots")
_POSTGRES_STAYING = (
    "FATAL",
    "failed to resolve host",
    "connection is bad: invalid",
    "no password supplied",
    "certificate verify failed",
    "root certificate file",
    "does not support SSL",
    # Servers that speak Chinese: authentication failed, does not exist.
    "认证失败",
    "不存在",
)
_MYSQL_PASSING = (1040, 1053, 1077, 1079, 1205, 1213, 1927, 2002, 2003, 2006, 2013, 2055, 4031)
"""Too many connections, shutdown, waited for a lock, deadlock, killed, cannot connect, gone away."""
_UNKNOWN_NOW = "Temporary failure in name resolution"


def postgres_passes(error: psycopg.Error) -> bool:
    """Whether another attempt may succeed after an error of psycopg.

    While a connection is made the server's codes are not known, only its words.
    """
    import psycopg

    if error.sqlstate:
        return error.sqlstate.startswith(_POSTGRES_PASSING)
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    text = str(error)
    return any(word in text for word in (*_POSTGRES_BUSY, _UNKNOWN_NOW)) or not any(
        word in text for word in _POSTGRES_STAYING
    )


def mysql_passes(error: Any) -> bool:
    """Whether another attempt may succeed after an error of PyMySQL."""
    import pymysql

    behind = getattr(error, "original_exception", None)
    if isinstance(behind, OSError) and _stays(behind):
        return False
    return isinstance(error, pymysql.InterfaceError) or (bool(error.args) and error.args[0] in _MYSQL_PASSING)


def first_words(error: Exception) -> str:
    """Give the first line of what a driver or a server says, without numbers of errors and without rows."""
    said = getattr(getattr(error, "diag", None), "message_primary", None)
    if said is None and not isinstance(error, UnicodeError) and len(error.args) > 1:
        said = error.args[1]
    text = str(said or error).strip() or type(error).__name__
    return text.splitlines()[0][:200]


def _stays(error: OSError) -> bool:
    is_unknown = isinstance(error, socket.gaierror) and error.errno != socket.EAI_AGAIN
    return is_unknown or isinstance(error, ssl.SSLCertVerificationError)
