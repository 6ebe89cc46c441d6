"""Database servers of the tests' own: on the loopback, with their data in a folder that goes with them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

LIMIT_S = 600
"""How long what has to come is waited for: a machine that does much else takes long, and on none is this waited out."""


class PostgresServer:
    """A PostgreSQL server that can be stopped and started again.

    Parameters
    ----------
    folder
        Empty folder for its data.
    port
        Of the loopback.
    """

    user = "postgres"

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port
        self._control = program("pg_ctl", "/usr/lib/postgresql/*/bin")
        initdb = program("initdb", "/usr/lib/postgresql/*/bin")
        give(folder, self.user)
        self._call(initdb, "-D", str(folder / "data"), "-U", self.user, "-A", "trust", "-E", "UTF8", "--no-locale")

    @property
    def url(self) -> str:
        """Address of its superuser, who needs no password."""
        return f"postgresql://{self.user}@127.0.0.1:{self._port}/{self.user}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = (
            f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} -c fsync=off"
        )
        log = str(self._folder / "log")
        self._call(
            self._control, "-D", str(self._folder / "data"), "-t", str(LIMIT_S), "-l", log, "-o", options, "start"
        )

    def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        self._controlled("-m", "immediate", "stop")

    def _controlled(self, *words: str) -> None:
        self._call(self._control, "-D", str(self._folder / "data"), "-w", "-t", str(LIMIT_S), *words)

    def _call(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd="/", **as_user(self.user))  # type: ignore[call-overload]


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server; skips where the program is missing."""
    with _folder("postgres") as folder, reserved_port() as port:
        server = PostgresServer(folder, port)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def mariadb_server() -> Iterator[str]:
    """Run a MariaDB server and give the address of its root; skips where the program is missing."""
    daemon, install = program("mariadbd", "/usr/sbin"), program("mariadb-install-db", "/usr/bin")
    with _folder("mariadb") as folder, reserved_port() as port:
        data = folder / "data"
        give(folder, "mysql")
        how = [f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run([install, *how], check=True, capture_output=True, **as_user("mysql"))  # type: ignore[call-overload]
        options = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder / 'socket'}", f"--datadir={data}"]
        quick = "--innodb-flush-log-at-trx-commit=0"
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(  # type: ignore[call-overload]
                [daemon, "--no-defaults", *options, quick], stdout=log, stderr=log, **as_user("mysql")
            )
        try:
            wait_for(port, server)
            yield f"mysql://root@127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def program(name: str, place: str) -> str:
    """Path of a program; skips where it is missing."""
    root, pattern = Path("/"), f"{place}/{name}".lstrip("/")
    found = shutil.which(name) or next(map(str, sorted(root.glob(pattern))), None)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port of the loopback that no other program is given, neither before its server listens nor while it is stopped.

    It is bound and not listened on: a server that reuses addresses, as all here do, may listen on it.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until a server listens."""
    until = time.monotonic() + LIMIT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.05)


def give(folder: Path, user: str) -> None:
    """Make a user the owner of a folder, where this one is root: servers refuse to run as root."""
    if os.geteuid() == 0:
        shutil.chown(folder, user)


def as_user(user: str) -> dict[str, str]:
    """Run a process as another user, where this one is root."""
    return {"user": user} if os.geteuid() == 0 else {}


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"churnlab-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
