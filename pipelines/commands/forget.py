"""The command that erases a customer."""

from __future__ import annotations

from pipelines.commands.line import hush
from pipelines.config import load_project
from pipelines.console import Console
from pipelines.erasure.subject import is_id_column
from pipelines.errors import ConfigError
from pipelines.operating.forget import Erasure, Receipt
from pipelines.runner import Runner

ALLOWED = "a customer's id, or system:id"


def count_traces(project_name: str, customer: str) -> None:
    """Print how much there is of a customer, and where; change nothing."""
    places = _erasure(project_name, customer).counted()
    Console().facts([(f"{count:,}", place) for place, count in places.items()])
    Console().line(f"{sum(places.values()):,} rows, records and names would go. Nothing was changed.")


def forget_customer(project_name: str, customer: str, agreed: bool, wait_s: float) -> None:
    """Erase a customer and print the receipt in one line.

    Raises
    ------
    ConfigError
        If nobody has agreed.
    """
    if not agreed:
        raise ConfigError("Nothing was erased", allowed="yes", do="type the command again, or give --yes")
    _say(_erasure(project_name, customer).run(wait_s))


def _erasure(project_name: str, customer: str) -> Erasure:
    if not customer.strip():
        raise ConfigError("The id is empty", allowed=ALLOWED, do="write one")
    if customer != customer.encode(errors="ignore").decode():
        raise ConfigError("The id holds bytes that are no UTF-8", allowed=ALLOWED, do="write it in the encoding UTF-8")
    if is_id_column(customer):
        raise ConfigError(
            f"{customer} is the name of a column of ids",
            allowed=ALLOWED,
            do="leave out the line of headings where ids come from a file",
        )
    project = load_project(project_name)
    hush()
    return Erasure(Runner(project, Console(quiet=True)), customer)


def _say(receipt: Receipt) -> None:
    console, counted = Console(), f"{receipt.total:,} rows, records and names"
    console.line(f"Receipt {receipt.number}: {counted} erased at {receipt.finished_at}.")
    if receipt.sources:
        console.line(f"Not touched, erase the customer there yourself: {', '.join(receipt.sources)}")
        console.line("Until then the customer is left out of every load.")
    for place in receipt.not_looked_into:
        do = "remove the customer there yourself; this command does not reach it"
        console.finding(f"Not looked into: {place}", do, is_problem=True)
