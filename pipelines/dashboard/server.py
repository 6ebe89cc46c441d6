"""Start Streamlit for the dashboard: on this machine alone, and with nothing asked of any other."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from pipelines.config import load_project
from pipelines.dashboard.access import password
from pipelines.errors import NotReady
from pipelines.ports import HOST, check_port

APP = Path(__file__).with_name("app.py")
OPTIONS = {
    "server.address": HOST,
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    "server.enableStaticServing": "false",
    "server.enableAgentApi": "false",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "logger.hideWelcomeMessage": "true",
    "theme.light.primaryColor": "#2b6cb0",
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#f7fafc",
    "theme.light.textColor": "#2d3748",
    "theme.dark.primaryColor": "#63a4e0",
    "theme.dark.backgroundColor": "#14181f",
    "theme.dark.secondaryBackgroundColor": "#1b212b",
    "theme.dark.textColor": "#e2e8f0",
}


def command(project_name: str, port: int) -> list[str]:
    """Give the command that serves a project's dashboard.

    Raises
    ------
    NotReady
        If Streamlit is not installed.
    ConfigError
        If the project is unknown, a password is asked for and not in the environment, or the port cannot be used.
    """
    if importlib.util.find_spec("streamlit") is None:
        raise NotReady("Streamlit is not installed", do="install it: pip install 'churnlab[dashboard]', or make run")
    project = load_project(project_name)
    if project.dashboard.access == "password":
        password()
    check_port(port)
    options = [part for name, value in OPTIONS.items() for part in (f"--{name}", value)]
    return [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(APP),
        *options,
        "--server.port",
        str(port),
        "--",
        project_name,
    ]


def serve(project_name: str, port: int) -> None:
    """Serve the dashboard until it is stopped; errors are those of `command`."""
    started = command(project_name, port)
    print(f"Dashboard on http://{HOST}:{port} (Ctrl-C ends it)")
    sys.stdout.flush()
    # In place of this process, so that whatever ends it ends the server.
    os.execve(started[0], started, {**os.environ, "PYTHONPATH": _path()})


def _path() -> str:
    """Where Python finds this project, also where it is not installed."""
    home = str(APP.parents[2])
    return os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
