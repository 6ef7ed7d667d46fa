from collections.abc import Sequence
from datetime import timedelta

import pytest

from grace_workers.checks.answer_schema import AnswerSchemaParams, probe
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Memory, Reading, detect
from grace_workers.signals.triggers.telemetry_drift import DEFINITION
from grace_workers.testing import MemoryProbe
from tests.unit.signals.triggers.series import START, judged

OLD, NEW = b'{"price": 1}', b'{"amount": {"value": 1}}'


def watched(bodies: Sequence[bytes], every: timedelta = timedelta(seconds=30)) -> list[tuple[int, str]]:
    """Return the signals of looks at a service that answers with these bodies."""
    service, memory, told = MemoryProbe(), Memory(), []
    for look, body in enumerate(bodies):
        service.body = body
        now = START + look * every
        value = probe(service, AnswerSchemaParams())
        reading = Reading(check="answer_schema", target=TargetName("shop"), value=value, at=now)
        signals, memory = detect([reading], memory, [DEFINITION], now=now)
        told += [(look, one.status.value) for one in signals]
    return told


def test_other_fields_are_told_at_the_second_look_and_end_when_the_old_ones_are_back() -> None:
    assert watched([OLD] * 6 + [NEW] * 2 + [OLD] * 2)[:1] == [(7, "firing")]
    assert watched([OLD] * 6 + [NEW] * 2 + [OLD] * 2)[-1] == (8, "resolved")


def test_what_stays_for_an_hour_is_the_usual_from_then_on() -> None:
    told = watched([OLD] * 6 + [NEW] * 400)
    assert told[0] == (7, "firing")
    assert told[-1] == (126, "resolved")
    assert [one for one in told if one[1] == "resolved"] == [told[-1]]


@pytest.mark.parametrize(
    "values",
    [[1] * 4 + [2, 2], [1] * 9, [1] * 9 + [2], [1] * 9 + [2, 3], [1, 2, 3, 4, 5, 6, 7, 7], [1] * 9 + [None, 2]],
)
def test_a_single_look_and_answers_that_always_differ_are_nothing(values: list[float | None]) -> None:
    assert judged(DEFINITION, "answer_schema", values) is None


def test_a_look_that_failed_in_between_changes_nothing() -> None:
    assert judged(DEFINITION, "answer_schema", [1, 1, None, 1, 1, 1, 2, None, 2])
