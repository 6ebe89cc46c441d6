"""Names, mails, phones and tax numbers in the form in which they are compared, as DuckDB SQL over one column."""

from __future__ import annotations

from pipelines.identity.legal_forms import BEGINNINGS, ENDINGS, WORDS
from pipelines.ingest.sql import text_literal

_FULL_WIDTH = "".join(map(chr, range(0xFF01, 0xFF5F))) + "\u3000\u00a0"
_HALF_WIDTH = "".join(map(chr, range(0x21, 0x7F))) + "  "
_MAIL = r"[^\s<>;,:\"']+@[^\s<>;,@\"']+\.[^\s<>;,@\"'.]{2,}"
_EXTENSION = r"(ext|x|#|转|轉|分机|分機).*$"
_SHORTEST_TAX_ID = 6
_SHORTEST_PHONE, _LONGEST_PHONE = 7, 15
# A national number has at most so many digits in most countries; a longer one that begins with the code names it.
_NATIONAL_DIGITS = 10


def normal_form(kind: str, column: str, country_code: str | None = None) -> str:
    """Write SQL of a value's normal form; null where the value can prove nothing.

    Parameters
    ----------
    kind
        ``tax_id``, ``email``, ``phone`` or ``name``.
    column
        SQL of a text.
    country_code
        Dialling code of phones that name none.
    """
    if kind == "phone":
        return _phone(column, country_code)
    return {"tax_id": _tax_id, "email": _email, "name": _name}[kind](column)


def _email(column: str) -> str:
    """Lower case, without what mail programs put around it; dots and tags mean something to some hosts and stay."""
    return f"nullif(regexp_extract(lower({_narrow(column)}), {text_literal(_MAIL)}), '')"


def _tax_id(column: str) -> str:
    letters = f"regexp_replace(upper({_narrow(column)}), '[^\\p{{L}}\\p{{N}}]', '', 'g')"
    return f"CASE WHEN length({letters}) >= {_SHORTEST_TAX_ID} AND {_varied(letters)} THEN {letters} END"


def _phone(column: str, country_code: str | None) -> str:
    """Digits with the dialling code; a zero for calls within the country and extensions are left out."""
    plain = f"regexp_replace(replace(lower({_narrow(column)}), '(0)', ''), {text_literal(_EXTENSION)}, '')"
    kept = f"regexp_replace({plain}, '[^0-9+]', '', 'g')"
    given = f"regexp_replace({kept}, '^(\\+|00)', '')"
    digits = f"regexp_replace({given}, '[^0-9]', '', 'g')"
    if country_code is not None:
        named = f"regexp_matches({kept}, '^(\\+|00)') OR (starts_with({digits}, {text_literal(country_code)})"
        named += f" AND length({digits}) >= {_NATIONAL_DIGITS + len(country_code)})"
        national = f"{text_literal(country_code)} || ltrim({digits}, '0')"
        digits = f"CASE WHEN {named} THEN {digits} ELSE {national} END"
    whole = f"length({given}) >= {_SHORTEST_PHONE} AND length({digits}) <= {_LONGEST_PHONE}"
    return f"CASE WHEN {whole} AND {_varied(given)} THEN {digits} END"


def _name(column: str) -> str:
    """Lower case without accents, punctuation, blanks and legal form; a name that is only a legal form stays."""
    folded = f"replace(strip_accents(lower({_narrow(column)})), 'ß', 'ss')"
    words = f"regexp_replace(regexp_replace({folded}, '[.''’]', '', 'g'), '[^\\p{{L}}\\p{{N}}]+', ' ', 'g')"
    short = f"regexp_replace(trim({words}), '^(.+?)( ({WORDS}))+$', '\\1')"
    joined = f"replace({short}, ' ', '')"
    begun = f"regexp_replace({joined}, '^({BEGINNINGS})(.+)$', '\\2')"
    return f"nullif(regexp_replace({begun}, '^(.+?)({ENDINGS})$', '\\1'), '')"


def _narrow(column: str) -> str:
    """Full-width letters, digits and signs as half-width ones."""
    return f"translate({column}, {text_literal(_FULL_WIDTH)}, {text_literal(_HALF_WIDTH)})"


def _varied(text: str) -> str:
    """Not one sign again and again, as in 00000000."""
    return f"length(replace({text}, left({text}, 1), '')) > 0"
