"""What a table of the mart is made of, and how its columns are declared."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.gates.words import Words


@dataclass(frozen=True)
class MartColumn:
    """One column: its name, SQL type, names for people, meaning and unit."""

    name: str
    type: str
    label: Words
    meaning: str
    unit: str = ""

    @property
    def comment(self) -> str:
        """What the database says of it, in both languages."""
        return f"{self.label.en} · {self.label.zh}: {self.meaning}"


@dataclass(frozen=True)
class MartTable:
    """One table: its name, names for people, what a row is, its columns."""

    name: str
    label: Words
    meaning: str
    columns: tuple[MartColumn, ...]

    @property
    def comment(self) -> str:
        """What the database says of it, in both languages."""
        return f"{self.label.en} · {self.label.zh}: {self.meaning}"


def text(name: str, en: str, zh: str, meaning: str = "") -> MartColumn:
    """Declare a text."""
    return MartColumn(name, "VARCHAR", Words(en, zh), meaning or f"{en}.")


def number(name: str, en: str, zh: str, unit: str, meaning: str = "") -> MartColumn:
    """Declare a number with its unit."""
    return MartColumn(name, "DOUBLE", Words(en, zh), meaning or f"{en}.", unit)


def whole(name: str, en: str, zh: str, unit: str, meaning: str = "") -> MartColumn:
    """Declare a whole number with its unit."""
    return MartColumn(name, "INTEGER", Words(en, zh), meaning or f"{en}.", unit)


def flag(name: str, en: str, zh: str, meaning: str) -> MartColumn:
    """Declare a flag, 0 or 1."""
    return MartColumn(name, "SMALLINT", Words(en, zh), meaning, "0 or 1")


def day(name: str, en: str, zh: str, meaning: str = "") -> MartColumn:
    """Declare a day."""
    return MartColumn(name, "DATE", Words(en, zh), meaning or f"{en}.")


def time(name: str, en: str, zh: str, meaning: str = "") -> MartColumn:
    """Declare an instant, UTC without a zone."""
    return MartColumn(name, "TIMESTAMP", Words(en, zh), meaning or f"{en}.", "UTC")


def called(name: str, en: str, zh: str) -> tuple[MartColumn, MartColumn]:
    """Declare what the value of a column is called in both languages."""
    return (
        text(f"{name}_en", f"{en} (English)", f"{zh}（英文）", f"Name of {name}; a value without one as it is."),
        text(f"{name}_zh", f"{en} (Chinese)", f"{zh}（中文）", f"Name of {name}; a value without one as it is."),
    )


CUSTOMER = text("customer_id", "Customer id", "客户编号", "The customer.")
