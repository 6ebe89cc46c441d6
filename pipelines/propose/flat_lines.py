"""Lines of the YAML for a flat table with a ready label."""

from __future__ import annotations

from pipelines.ingest.sql import identifier
from pipelines.propose.evidence import Evidence, Looked
from pipelines.propose.glossary import CODES, LABEL, LEAKS, NEGATIVE, POSITIVE, normal, words
from pipelines.propose.proposal import Line
from pipelines.propose.reading_lines import currency_lines, mark_lines, place_lines, settled_dates
from pipelines.propose.recognise import MOST_LABEL_VALUES, customer_column

_OWN_NAMES = ("customer_id", "churned", "split")
_NAME_LIKE_SHARE = 0.9
_FEW_VALUES = 20
# Evidence counts different values roughly: so far below the limit they are counted exactly.
_ABOUT = 0.8
_ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")


def label_column(looked: Looked) -> Evidence | None:
    """Find the column that says who left, in a table of one row a customer."""
    customer = customer_column(looked)
    if customer is not None and not looked.is_unique(customer.name):
        return None
    by_name = {normal(name): each for name, each in looked.columns.items()}
    named = (by_name[name] for name in words(LABEL) if name in by_name)
    return next((each for each in named if _is_label(each)), None)


def flat_block(looked: Looked, label: Evidence) -> tuple[Line, ...]:
    """Write the section ``data.flat``."""
    positive, negative = _sides(label)
    unknown = [each for each in label.values if each not in (*positive, *negative)]
    features = [each for name, each in looked.columns.items() if name != label.name]
    return (
        *place_lines(looked),
        *mark_lines(looked),
        *currency_lines(looked, may_differ=True),
        *_time_lines(looked, [each for each in features if each.dates and each.family == "text"]),
        *_key_lines(looked),
        Line("label", label.name, _label_doubt(looked, label), bool(_label_doubt(looked, label))),
        Line("positive", positive, "left"),
        *_negative_lines(negative, unknown),
        *_role_lines(looked, label),
    )


def _time_lines(looked: Looked, times: list[Evidence]) -> list[Line]:
    """Read texts that are times as times, or each would be a category of its own."""
    if not times:
        return []
    settled = [settled_dates(looked, each) for each in times]
    formats = list(dict.fromkeys(each for dates, _ in settled for each in (dates.formats or _ISO)))
    doubt = next((doubt for _, doubt in settled if doubt), "")
    is_iso = not any(dates.formats for dates, _ in settled)
    lines = [] if is_iso else [Line("date_format", formats, doubt, bool(doubt))]
    if any(dates.share < 1 for dates, _ in settled):
        lines.append(Line("unreadable", "empty", "a few times cannot be read and are left empty", unsure=True))
    return [*lines, Line("types", {each.name: "time" for each in times}, "become days since 1970")]


def _is_label(column: Evidence) -> bool:
    positive, negative = _sides(column)
    return 2 <= len(column.values) <= MOST_LABEL_VALUES and bool(positive) and bool(negative)


def _sides(label: Evidence) -> tuple[list[str], list[str]]:
    positive, negative = set(words(POSITIVE)), set(words(NEGATIVE))
    shown = {each: normal(each.removesuffix(".0")) for each in label.values}
    return (
        [each for each, plain in shown.items() if plain in positive],
        [each for each, plain in shown.items() if plain in negative],
    )


def _label_doubt(looked: Looked, label: Evidence) -> str:
    others = [name for name in looked.columns if name != label.name and normal(name) in words(LABEL)]
    plain = normal(label.name) in words("target label status exited left lost 客户状态")
    if plain and not others:
        return "taken because of its name and its values"
    return ""


def _negative_lines(negative: list[str], unknown: list[str]) -> list[Line]:
    if not unknown:
        return [Line("negative", negative, "stayed")]
    return [Line("negative", [*negative, *unknown], f"stayed; nothing says so of {', '.join(unknown)}", unsure=True)]


def _key_lines(looked: Looked) -> list[Line]:
    customer = customer_column(looked) or _unique_id(looked)
    return [] if customer is None else [Line("key", customer.name, "no value repeats")]


def _unique_id(looked: Looked) -> Evidence | None:
    named = (each for name, each in looked.columns.items() if normal(name) in words("id code no number 编号 序号"))
    return next((each for each in named if each.filled == looked.rows and looked.is_unique(each.name)), None)


def _role_lines(looked: Looked, label: Evidence) -> list[Line]:
    """Say which columns are never used, codes, or numbers with stray texts."""
    customer = customer_column(looked) or _unique_id(looked)
    features = [each for each in looked.columns.values() if each is not label and each is not customer]
    dropped = {each.name: why for each in features if (why := _why_dropped(looked, label, each))}
    rest = [each for each in features if each.name not in dropped]
    codes = [each.name for each in rest if each.is_number and normal(each.name) in words(CODES)]
    mixed = [each.name for each in rest if each.is_number and each.number_share < 1 and each.name not in codes]
    lines = []
    if dropped:
        reasons = "; ".join(f"{name}: {why}" for name, why in dropped.items())
        lines.append(Line("drop", list(dropped), reasons, unsure=True))
    if codes:
        lines.append(Line("categorical", codes, "digits that are a code"))
    if mixed:
        lines.append(Line("numeric_text", mixed, "numbers but for a few texts, which count as missing", unsure=True))
    return lines


def _why_dropped(looked: Looked, label: Evidence, column: Evidence) -> str:
    if any(word in normal(column.name) for word in words(LEAKS)):
        return "known only once somebody has left"
    if column.name.lower() in _OWN_NAMES:
        return "a name that the flat table uses itself"
    if column.filled == 0 or (len(column.values) == 1 and column.filled == looked.rows):
        return "always the same"
    if _names_customers(looked, column):
        return "differs for nearly every customer"
    if 1 < len(column.values) <= _FEW_VALUES and _tells(looked, label, column):
        return "tells the outcome"
    return ""


def _names_customers(looked: Looked, column: Evidence) -> bool:
    """Whether a text or a code, such as a mail address or a phone number, is another for nearly every customer."""
    is_code = normal(column.name) in words(CODES)
    is_text = column.family == "text" and not column.is_number and column.dates is None
    if not (is_code or is_text) or column.distinct <= max(_ABOUT * _NAME_LIKE_SHARE * column.filled, _FEW_VALUES):
        return False
    return looked.one(f"count(DISTINCT {identifier(column.name)})") > max(_NAME_LIKE_SHARE * column.filled, _FEW_VALUES)


def _tells(looked: Looked, label: Evidence, column: Evidence) -> bool:
    """Whether each value of a column goes with one outcome only, in a table large enough for that to mean something."""
    label_name, name = identifier(label.name), identifier(column.name)
    groups = looked.table.aggregate(f"count(DISTINCT {label_name}) AS outcomes, count(*) AS rows", name)
    found = groups.aggregate("max(outcomes), min(rows)").fetchone() or (0, 0)
    return found[0] == 1 and looked.rows >= 10 * _FEW_VALUES
