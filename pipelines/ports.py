"""Ports on this machine on which pages are served."""

from __future__ import annotations

import errno
import socket

from pipelines.errors import ConfigError

HOST = "127.0.0.1"
_FIRST, _LAST = 1024, 65535


def check_port(port: int) -> None:
    """Refuse a port that cannot be served on.

    Raises
    ------
    ConfigError
        If it is out of range, or another program serves on it.
    """
    if not _FIRST <= port <= _LAST:
        raise ConfigError(f"--port {port} cannot be used", allowed=f"{_FIRST} to {_LAST}", do="choose another")
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # A port that was left just now is free.
        try:
            tried.bind((HOST, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise ConfigError(
                f"Another program serves on port {port} of this machine",
                allowed="a free port",
                do=f"end that program, or choose another: --port {port + 1 if port < _LAST else port - 1}",
            ) from None
