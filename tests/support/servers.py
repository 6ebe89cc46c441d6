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

SECONDS_TO_START = 60


class PostgresServer:
    """A PostgreSQL server that can be stopped and started again.

    Parameters
    ----------
    folder
        Empty folder for its data.
    """

    user = "postgres"

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self._control = program("pg_ctl", "/usr/lib/postgresql/*/bin")
        initdb = program("initdb", "/usr/lib/postgresql/*/bin")
        give(folder, self.user)
        self._call(initdb, "-D", str(folder / "data"), "-U", self.user, "-A", "trust", "-E", "UTF8")

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
        self._call(self._control, "-D", str(self._folder / "data"), "-w", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        self._call(self._control, "-D", str(self._folder / "data"), "-m", "immediate", "stop")

    def _call(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd="/", **as_user(self.user))  # type: ignore[call-overload]


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server; skips where the program is missing."""
    with _folder("postgres") as folder:
        server = PostgresServer(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def mariadb_server() -> Iterator[str]:
    """Run a MariaDB server and give the address of its root; skips where the program is missing."""
    daemon, install = program("mariadbd", "/usr/sbin"), program("mariadb-install-db", "/usr/bin")
    with _folder("mariadb") as folder:
        port, data = free_port(), folder / "data"
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
            wait_for(port)
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


def free_port() -> int:
    """A port of the loopback that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    until = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
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
