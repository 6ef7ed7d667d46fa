from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import pytest

from grace_workers.signals import KnownSignature, Severity, Signal, recognition, sign, united

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
LINES = [f"connection of tenant {name} refused by the upstream proxy" for name in ("acme", "umbra", "initech", "hooli")]
LINES += [f"connection of tenant {name} refused by the upstream proxy" for name in ("stark", "wayne", "tyrell")]
LINES += [f"connection of tenant {name} refused by the upstream proxy" for name in ("cyber", "globex", "vehement")]
OTHER = "disk of the upstream proxy is full"


def known(text: str, name: str = "ERROR shop") -> KnownSignature:
    signal = Signal(
        source="plain", name=name, target=None, severity=Severity.ERROR, summary=text, text=text,
        signature=sign(name, text=text), delivery_key=text, observed_at=NOW,
    )  # fmt: skip
    found = recognition(signal)
    assert found is not None
    return found


def test_a_line_is_recognised_by_its_shape_among_lines_of_its_name() -> None:
    first, second = known(LINES[0]), known(LINES[1])
    assert first.context == second.context != known(LINES[0], "ERROR other").context
    assert (first.shape != second.shape, first.family) == (True, "")


def test_a_traceback_is_recognised_by_its_family() -> None:
    text = 'Traceback (most recent call last):\n  File "/srv/a.py", line 3, in {0}\n    x()\nKeyError: {0!r}'
    one, other = known(text.format("pay")), known(text.format("ship"))
    assert one.signature != other.signature
    assert one.family == other.family != ""
    assert one.shape == ""


def test_a_signal_without_a_text_is_not_recognised() -> None:
    signal = Signal(
        source="plain", name="n", target=None, severity=Severity.ERROR, summary="s", signature=sign("n"),
        delivery_key="k", observed_at=NOW,
    )  # fmt: skip
    assert recognition(signal) is None


def test_lines_that_differ_by_a_value_go_on_under_the_name_that_was_given_first() -> None:
    every = [known(line) for line in LINES]
    changed = united([*every, known(OTHER)])
    assert {one.signature for one in changed} == {one.signature for one in every[1:]}
    assert {one.known_as for one in changed} == {every[0].signature}


def test_few_lines_that_differ_stay_apart() -> None:
    assert united([known(line) for line in LINES[:3]]) == []


@pytest.mark.slow
def test_grouping_does_not_depend_on_the_order_of_arrival() -> None:
    every = [known(line) for line in LINES[:9]] + [known(OTHER)]
    for order in list(permutations(range(10)))[:: 10 * 9 * 8 * 7 * 6 * 5]:
        given = [every[at] for at in order] + [known(LINES[9])]
        names = {one.signature: one.known_as for one in given} | {one.signature: one.known_as for one in united(given)}
        lines = {names[one.signature] for one in given if one.shape != known(OTHER).shape}
        assert lines == {next(one.signature for one in given if one.shape != known(OTHER).shape)}
        assert names[known(OTHER).signature] == known(OTHER).signature


def test_united_names_stay_united_when_an_older_name_joins() -> None:
    every = [known(line) for line in LINES]
    first = {one.signature: one for one in united(every)}
    later = [first.get(one.signature, one) for one in every]
    assert united(later) == []
    older = replace(known(LINES[0].replace("acme", "older")), context=every[0].context)
    assert {one.known_as for one in united([older, *later])} == {older.signature}
