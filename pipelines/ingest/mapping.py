"""How a company's own files and databases map onto the canonical tables: what a user writes in YAML.

Nothing is guessed: what the mapping does not say has the default written here.
"""

from __future__ import annotations

import codecs
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from pipelines.ingest.nearest import nearest
from pipelines.ingest.sql import Constant
from pipelines.zones import zone_names

Format = Literal["csv", "parquet", "excel", "duckdb", "sqlite", "postgres"]
SourceType = Literal["text", "number", "time", "boolean"]

WHITESPACE = "whitespace"
DATABASES = ("duckdb", "sqlite", "postgres")

NULL_VALUES = ("", "NULL", "null", "N/A", "n/a", "#N/A", "NaN", "nan", "NaT")


class Strict(BaseModel):
    """A model that converts nothing silently and refuses unknown keys."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _as_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


def _known_zone(name: str) -> str:
    if name not in zone_names():
        near = nearest(name, zone_names())
        raise ValueError(f"unknown time zone '{name}'; allowed: IANA names such as {near}")
    return name


class ColumnSpec(Strict):
    """Where one canonical column comes from; exactly one of `column`, `expression` and `constant`.

    Parameters
    ----------
    column
        Name of the source column.
    expression
        A DuckDB SQL scalar expression over the source's columns; ``source_row`` is the row's number from 1. CSV
        columns are text unless declared in the source's ``types``.
    constant
        The same value for every row.
    value_map
        Source value to canonical value; ``"*"`` stands for every other value. A value that is not listed stays.
    unit_factor
        Numbers are multiplied by it, such as 1/60 from seconds to minutes.
    date_format, timezone, decimal, thousands
        Override the source's setting for this column.
    """

    column: str | None = None
    expression: str | None = None
    constant: Constant | None = None
    value_map: dict[str, str | None] = Field(default_factory=dict)
    unit_factor: float | None = None
    date_format: Annotated[list[str], BeforeValidator(_as_list)] | None = None
    timezone: str | None = None
    decimal: Literal[".", ","] | None = None
    thousands: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum(origin is not None for origin in (self.column, self.expression, self.constant)) != 1:
            raise ValueError("give exactly one of column, expression and constant")
        return self

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        return value if value is None else _known_zone(value)


class Reading(Strict):
    """Where rows are and how their text is read.

    Parameters
    ----------
    path
        File, glob or folder, relative to the data root.
    format
        From the suffix when empty.
    url
        Address of a PostgreSQL database; ``${NAME}`` is taken from the environment.
    table, query
        What to read from a database: a table (``schema.table``) or one SELECT in the database's own SQL.
    sheet
        Sheet of a workbook by name or position from 0; may be empty when there is only one.
    encoding
        Python's name of the text encoding, such as ``gb18030`` or ``cp1252``.
    encoding_errors
        ``strict`` stops at a byte that the encoding does not have; ``replace`` puts U+FFFD in its place.
    delimiter, quote, escape
        Of delimited text; ``delimiter: whitespace`` splits at runs of blanks; ``quote: ""`` means no quotes; the
        escape character is the quote doubled unless given.
    decimal, thousands
        Marks in numbers written as text.
    header, names, skip_rows
        Whether the first line holds names; the names where it does not; lines before the header.
    null_values
        Texts that mean missing, in every column.
    timezone
        Zone of times that name none.
    date_format
        strptime format(s), or ``epoch_seconds``, ``epoch_milliseconds``, ``epoch_microseconds``, ``excel``,
        ``excel_1904`` for numbers. Empty: ISO 8601 only.
    currency, currency_column, rates
        Currency of the amounts (one for all, or the source column that holds it) and how many units of the
        project's currency one unit of each is worth. Without rates amounts stay as they are.
    trim
        Take blanks off both ends of texts.
    types
        Source columns to read before `where` and expressions see them: ``number``, ``time``, ``boolean``. Times are
        then local to `timezone`.
    where
        SQL condition over the source's columns: rows to keep.
    distinct
        Drop rows that repeat another row in every source column.
    reject_limit
        Largest share of unreadable rows that does not stop the load.
    unreadable
        ``reject`` sets a row with an unreadable value aside; ``empty`` keeps the row, without that value, where the
        column is optional. Both are listed in the table of rejected values.
    """

    path: str | None = None
    format: Format | None = None
    url: str | None = None
    table: str | None = None
    query: str | None = None
    sheet: str | int | None = None
    encoding: str = "utf-8"
    encoding_errors: Literal["strict", "replace"] = "strict"
    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None
    decimal: Literal[".", ","] = "."
    thousands: str | None = None
    header: bool = True
    names: list[str] | None = None
    skip_rows: int = Field(default=0, ge=0)
    null_values: list[str] = Field(default_factory=lambda: list(NULL_VALUES))
    timezone: str = "UTC"
    date_format: Annotated[list[str], BeforeValidator(_as_list)] | None = None
    currency: str | None = None
    currency_column: str | None = None
    rates: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(default_factory=dict)
    trim: bool = True
    types: dict[str, SourceType] = Field(default_factory=dict)
    where: str | None = None
    distinct: bool = False
    reject_limit: float = Field(default=0.05, ge=0, le=1)
    unreadable: Literal["reject", "empty"] = "reject"

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        return _known_zone(value)

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, value: str) -> str:
        try:
            "".encode(value)
            return codecs.lookup(value).name
        except LookupError:
            raise ValueError(f"unknown encoding '{value}'; allowed: such as utf-8, gb18030, cp1252, utf-16") from None

    @field_validator("delimiter")
    @classmethod
    def _delimiter(cls, value: str) -> str:
        if value != WHITESPACE and len(value) != 1:
            raise ValueError(f"delimiter '{value}'; allowed: one character or '{WHITESPACE}'")
        return value

    @field_validator("quote", "escape", "thousands")
    @classmethod
    def _one_character(cls, value: str | None) -> str | None:
        if value is not None and len(value) > 1:
            raise ValueError(f"'{value}' is longer than one character")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._check_place()
        if self.thousands == self.decimal:
            raise ValueError(f"thousands and decimal are both '{self.decimal}'")
        if not self.header and not self.names and self.format not in ("parquet", *DATABASES):
            raise ValueError("header: false needs names for the columns")
        if self.currency and self.currency_column:
            raise ValueError("give currency or currency_column, not both")
        if self.rates and not (self.currency or self.currency_column):
            raise ValueError("rates need currency or currency_column")
        if self.rates and self.currency and self.currency not in self.rates:
            raise ValueError(f"no rate for currency '{self.currency}'; rates has {nearest(self.currency, self.rates)}")
        return self

    def _check_place(self) -> None:
        if (self.path is None) == (self.url is None):
            raise ValueError("give exactly one of path (a file, glob or folder) and url (a PostgreSQL address)")
        if self.path is not None and "://" in self.path:
            raise ValueError("path holds the address of a database; write it as url, with the password as ${NAME}")
        if self.url is not None and self.format not in (None, "postgres"):
            raise ValueError(f"a url is read as postgres, not as {self.format}")
        if self.path is not None and self.format == "postgres":
            raise ValueError("format postgres needs url, not path")
        if self.table is not None and self.query is not None:
            raise ValueError("give table or query, not both")


class Source(Reading):
    """One source of one canonical table.

    Parameters
    ----------
    columns
        Canonical column to where it comes from: a source column's name or a `ColumnSpec`. ``same``: every source
        column that has the name of a canonical one.
    ids_of
        System whose ids ``customer_id`` holds, where several are joined; the main one when empty.
    group_by
        Canonical columns that identify a row where several source rows make one, such as the lines of an order.
    aggregate
        Canonical column to an SQL aggregate over the source's columns; with `group_by` every column that is not
        grouped on must be here.
    """

    columns: Literal["same"] | dict[str, Annotated[ColumnSpec, BeforeValidator(_as_column)]]
    ids_of: str | None = None
    group_by: list[str] | None = None
    aggregate: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _grouping(self) -> Self:
        if self.aggregate and not self.group_by:
            raise ValueError("aggregate needs group_by")
        if self.group_by and self.currency_column:
            raise ValueError("currency_column cannot be used with group_by: convert inside the aggregate")
        if self.group_by is None:
            return self
        if self.columns == "same":
            raise ValueError("group_by needs the columns listed: columns: same takes rows as they are")
        for name in self.group_by:
            if name not in self.columns:
                raise ValueError(f"group_by '{name}' is not in columns")
        for name in self.columns:
            if name not in self.group_by:
                raise ValueError(f"'{name}' is neither in group_by nor in aggregate: say which value a group takes")
        return self


class Mapping(Strict):
    """Canonical table to its source or sources; several sources of a table are stacked."""

    tables: dict[str, Annotated[list[Source], BeforeValidator(_as_list), Field(min_length=1)]] = Field(min_length=1)


class FlatSource(Reading):
    """A flat table with a ready label: one row a customer, no time axis.

    Parameters
    ----------
    key
        Source column that identifies the customer; the row number when empty.
    label
        Source column that says whether the customer left.
    positive
        Its values that mean "left". ``true`` also matches texts such as Yes and 是.
    negative
        Its values that mean "stayed"; every other value when empty.
    drop
        Source columns never used: leaks, names, constants.
    numeric, categorical
        Columns that are numbers, or categories even where they hold digits. Any other column is a number when
        every value that is there reads as one.
    numeric_text
        Number columns in which a text that is not a number means missing.
    split_column, test_values
        A ready split: rows with one of the test values are the test part.
    drop_duplicates_without_key
        Drop rows that repeat another row in everything but the key.
    """

    key: str | None = None
    label: str
    positive: Annotated[list[str | int | float | bool], BeforeValidator(_as_list), Field(min_length=1)]
    negative: Annotated[list[str | int | float | bool], BeforeValidator(_as_list)] | None = None
    drop: list[str] = Field(default_factory=list)
    numeric: list[str] = Field(default_factory=list)
    categorical: list[str] = Field(default_factory=list)
    numeric_text: list[str] = Field(default_factory=list)
    split_column: str | None = None
    test_values: Annotated[list[str | int | float | bool], BeforeValidator(_as_list)] = Field(default_factory=list)
    drop_duplicates_without_key: bool = False

    @model_validator(mode="after")
    def _roles(self) -> Self:
        if (self.split_column is None) != (not self.test_values):
            raise ValueError("split_column and test_values go together")
        roles = (*self.drop, *self.numeric, *self.categorical, *self.numeric_text)
        twice = sorted({name for name in roles if roles.count(name) > 1})
        if twice:
            raise ValueError(f"{nearest('', twice)} named in more than one of drop, numeric, categorical, numeric_text")
        return self
