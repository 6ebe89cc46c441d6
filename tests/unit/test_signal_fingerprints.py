"""The fingerprint of a definition changes with what it computes, and with nothing else."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from features.declared import SignalColumn
from features.fingerprint import fingerprint, fingerprints
from features.signal import columns_of, derived, discover, signal
from features.tables import USAGE_EVENTS, Column

SAID = {"en": "{value} in {days} days", "zh": "近 {days} 天 {value}"}
EXAMPLE = """
happened_at | event_type
-1d         | login
=> 7d: 1
"""


def declared(definition, *, empty=0, days=(7,), say=SAID, name="logins"):
    definition.__name__ = name
    return signal(USAGE_EVENTS, days=days, unit="logins", empty=empty, say=say, example=EXAMPLE)(definition)


def logins(t):
    """Number of logins."""
    return t.count(t.event_type == "login")


def of(definition, days=7, **told):
    return fingerprint(SignalColumn(declared(definition, **told), days))


def test_another_way_to_write_the_same_has_the_same_fingerprint():
    def rewritten(facts):
        """Say it otherwise."""
        word = "log" + "in"  # a helper and a comment
        return facts.count(facts.event_type == word)

    assert of(rewritten) == of(logins)
    assert of(logins, say={"en": "other {value} {days}", "zh": "别 {value} {days}"}) == of(logins)


@pytest.mark.parametrize(
    "changed",
    [
        lambda t: t.count(t.event_type == "logout"),
        lambda t: t.count(t.event_type != "login"),
        lambda t: t.count(),
        lambda t: t.distinct(t.event_type, t.event_type == "login"),
        lambda t: t.count(t.event_type == "login") + 1,
        lambda t: t.decayed(1.0, 30, t.event_type == "login"),
        lambda t: t.active_days(t.event_type == "login"),
    ],
)
def test_another_computation_has_another_fingerprint(changed):
    changed.__doc__ = "Number of logins."
    assert of(changed) != of(logins)


def test_a_half_life_an_empty_value_and_a_window_count():
    halves = [lambda t: t.decayed(1.0, 30), lambda t: t.decayed(1.0, 31)]
    for each in halves:
        each.__doc__ = "Weight of use."
    assert of(halves[0]) != of(halves[1])
    assert of(logins, empty=None) != of(logins)
    assert of(logins, days=8) != of(logins)


def test_a_column_more_in_the_table_changes_nothing():
    wider = replace(USAGE_EVENTS, columns=(*USAGE_EVENTS.columns, Column("added", "string", "New.")))
    assert fingerprint(SignalColumn(replace(declared(logins), table=wider), 7)) == of(logins)


def test_a_derived_signal_changes_with_what_it_is_built_from():
    def twice(base):
        def doubled(v):
            """Twice the logins."""
            return v(base) * 2

        made = derived(USAGE_EVENTS, days=(7,), unit="logins", empty=0, say=SAID, example=EXAMPLE)
        return fingerprint(SignalColumn(made(doubled), 7))

    def failures(t):
        """Number of failures, under the same name."""
        return t.count(t.event_type == "error")

    assert twice(declared(logins)) == twice(declared(logins))
    assert twice(declared(logins)) != twice(declared(failures, name="logins"))


def test_every_column_of_the_catalogue_has_its_own_and_keeps_it_in_another_process():
    mine = fingerprints(columns_of(discover().values()))
    assert len(set(mine.values())) == len(mine)
    program = (
        "import json; from features.fingerprint import fingerprints; from features.signal import columns_of, discover;"
        "print(json.dumps(fingerprints(columns_of(discover().values()))))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == mine
