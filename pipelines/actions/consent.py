"""Who does not want to be contacted: a list that the user keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.actions.statements import REFUSED
from pipelines.errors import ConfigError

COLUMNS = ("customer_id", "channel")


def load_refusals(connection: Any, file: Path | None) -> None:
    """Read the list into a temporary table of customers and channels; an empty channel stands for every one.

    Raises
    ------
    ConfigError
        If the file is not there or has no column ``customer_id``. Nobody is contacted then, rather than somebody who
        refused.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {REFUSED} (customer_id VARCHAR, channel VARCHAR)")
    if file is None:
        return
    if not file.is_file():
        raise ConfigError(
            f"act.no_contact names {file}, which is no file",
            allowed="a CSV file with the columns customer_id and, if refused for one channel only, channel",
            do="put the list there; nobody is contacted without it",
        )
    rows = connection.read_csv(str(file), header=True, all_varchar=True)
    if "customer_id" not in rows.columns:
        raise ConfigError(f"{file} has no column customer_id", allowed="customer_id, channel", do="name the column so")
    channel = "trim(channel)" if "channel" in rows.columns else "NULL"
    rows.project(f"trim(customer_id) AS customer_id, {channel} AS channel").insert_into(REFUSED)
