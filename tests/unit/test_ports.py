"""A port that cannot be served on is refused before a server falls over it."""

from __future__ import annotations

import socket

import pytest
from servers import reserved_port

from pipelines.commands.line import open_ui
from pipelines.errors import ConfigError
from pipelines.ports import HOST, check_port


@pytest.mark.parametrize("port", [-1, 80, 65536, 99999999])
def test_a_port_out_of_range(port: int) -> None:
    with pytest.raises(ConfigError, match=f"--port {port} cannot be used"):
        check_port(port)


def test_a_port_on_which_somebody_serves() -> None:
    with reserved_port() as port:
        with socket.create_server((HOST, port)), pytest.raises(ConfigError, match=f"serves on port {port}"):
            open_ui("demo", port)
        check_port(port)
