"""Messages to customers: templates in a sandbox that know a few named fields and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pipelines.errors import ConfigError
from pipelines.ingest.nearest import nearest

FIELDS: dict[str, str] = {
    "customer": "name of the customer, else its id",
    "owner": "who does it",
    "alert": "sentence of the gravest rule that fired",
    "reason": "sentence of the strongest reason of the score",
    "due": "day by which it is done",
    "company": "title of the project",
}
"""What a template may name. Risk and amounts are not among them: no message tells a customer how likely it is to go."""
MARKUP_CHANNELS = frozenset({"email"})
"""Channels whose messages are HTML, so that values are escaped."""
LONGEST = 4_000
_FOREIGN = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z])|(?<=[A-Za-z])(?=[\u4e00-\u9fff])")


def compiled(text: str, channel: str) -> Template:
    """Compile a template.

    Parameters
    ----------
    text
        The template, in Jinja's language.
    channel
        Where the message goes; markup is escaped where it would count.

    Raises
    ------
    ConfigError
        If it cannot be read, names a field that there is not, or does what a sandbox forbids.

    Examples
    --------
    >>> values = dict.fromkeys(FIELDS, "") | {"customer": "A & B"}
    >>> compiled("Dear {{ customer }}", "email").render(values), compiled("Dear {{ customer }}", "sms").render(values)
    ('Dear A &amp; B', 'Dear A & B')
    """
    environment = _environment(channel in MARKUP_CHANNELS)
    if len(text) > LONGEST:
        raise ConfigError(f"a message of {len(text)} characters", allowed=f"at most {LONGEST}", do="shorten it")
    try:
        unknown = sorted(meta.find_undeclared_variables(environment.parse(text)) - FIELDS.keys())
        if unknown:
            raise ConfigError(
                f"the message names '{unknown[0]}'", allowed=nearest(unknown[0], FIELDS), do="name a known field"
            )
        template = environment.from_string(text)
        template.render({name: name for name in FIELDS})
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise ConfigError(f"the message cannot be written: {error}", allowed=", ".join(FIELDS), do="mend it") from error
    return template


def written(template: Template, values: Mapping[str, Any]) -> str:
    """Write a message; what is unknown of a customer is left empty, lines are trimmed, foreign names stand apart.

    >>> written(compiled("请致电{{ customer }}。", "phone"), {"customer": "Kelholm Works"})
    '请致电 Kelholm Works。'
    """
    text = template.render({name: "" if values.get(name) is None else values[name] for name in FIELDS})
    return "\n".join(_FOREIGN.sub(" ", line.strip()) for line in text.strip().splitlines())


@cache
def _environment(is_markup: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(autoescape=is_markup, undefined=StrictUndefined)
    # A template has nothing to count or to loop over without end.
    environment.globals.clear()
    return environment
