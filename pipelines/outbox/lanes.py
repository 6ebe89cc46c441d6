"""Which transport takes which channel, as the configuration says; whatever has no other goes into CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from pipelines.config import Project
from pipelines.config_outbox import CONNECTOR, CSV, EmailSettings
from pipelines.outbox.csv_files import FOLDER, CsvFiles
from pipelines.outbox.ledger import Clock, Outbox
from pipelines.outbox.mail import Mail
from pipelines.outbox.sender import Lanes
from pipelines.outbox.transport import Transport
from pipelines.outbox.webhook import Webhook
from pipelines.warehouse.outbox import Route


def outbox_of(project: Project, clock: Clock, day: date | None = None, wait_s: float = 0.0) -> Outbox:
    """Give the outbox of a project.

    Parameters
    ----------
    project
        The project.
    clock
        Time.
    day
        The day as which to act; the clock's own by default.
    wait_s
        How long to wait for another writer of the workspace, seconds.
    """
    settings, lease = project.outbox, timedelta(minutes=project.outbox.lease_minutes)
    return Outbox(
        project.home, project.name, settings.time_zone, lease, project.act.no_contact, day, clock, wait_s=wait_s
    )


def lanes_of(
    project: Project, outbox: Outbox, channel: str | None = None, environment: Mapping[str, str] | None = None
) -> Lanes:
    """Give the transports that the project's channels are routed to, each with what it takes.

    Parameters
    ----------
    project
        The project.
    outbox
        Its outbox.
    channel
        Only this channel.
    environment
        Environment variables; the process's own by default.

    Raises
    ------
    ConfigError
        If a transport that is needed is not as it should be.
    """
    routes = project.outbox.routes
    needed = ({CSV, *routes.values()} if channel is None else {routes.get(channel, CSV)}) - {CONNECTOR}
    transports = [_transport(name, project, outbox, environment) for name in sorted(needed)]
    return [(_route(each, routes, channel), each) for each in transports]


def _route(transport: Transport, routes: Mapping[str, str], channel: str | None) -> Route:
    name, is_repeatable = transport.name, transport.is_repeatable
    if channel is not None:
        return Route(name, (channel,), is_repeatable=is_repeatable)
    if name == CSV:
        others = tuple(sorted(each for each, to in routes.items() if to != CSV))
        return Route(name, others, is_rest=True, is_repeatable=is_repeatable)
    return Route(name, tuple(sorted(each for each, to in routes.items() if to == name)), is_repeatable=is_repeatable)


def _transport(name: str, project: Project, outbox: Outbox, environment: Mapping[str, str] | None) -> Transport:
    settings = project.outbox
    if name == CSV:
        return CsvFiles(project.home / FOLDER, settings.language, settings.time_zone, lambda: outbox.today)
    chosen = next(each for each in settings.transports if each.name == name)
    if isinstance(chosen, EmailSettings):
        title = project.title[settings.language]
        return Mail(chosen, settings.language, title, settings.time_limit_s, outbox.clock, environment)
    return Webhook(chosen, settings.time_limit_s, outbox.clock, environment)
