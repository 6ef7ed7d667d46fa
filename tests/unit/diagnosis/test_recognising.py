"""What in a signal points to a cause, and which parts say more."""

from dataclasses import replace
from typing import Any

import pytest

from grace_workers.diagnosis import Cause, Causes, load_cause
from grace_workers.signals import Signal
from tests.shipped_causes import TERMS
from tests.unit.diagnosis.findings_of import signal

TEXT = """\
name: NAME
summary: Something is wrong.
symptoms:
  alerts: [ExactName]
  exceptions: [shop.errors.SlowError]
  labels: {reason: [TooSlow, Stuck]}
words: [is down, link down, very slow indeed]
examples:
  - signal: {name: ExactName}
"""


def cause(name: str = "one", **changes: str) -> Cause:
    text = TEXT.replace("NAME", name)
    for old, new in changes.items():
        text = text.replace(old, new)
    return load_cause(text, f"{name}.yaml", TERMS)


def seen(one: Signal, *causes: Cause) -> list[tuple[str, str]]:
    return [(found.name, match.says) for found, match in Causes(causes or (cause(),)).seen_in([one])]


def said(one: Signal) -> str | None:
    return next((words for _, words in seen(one)), None)


COUNTED = """\
name: counted
summary: Something is counted.
words: [packet loss, tasks failed, is down, disk full, deadlock]
examples:
  - signal: {name: TasksFailed}
"""


def counted(text: str) -> bool:
    return bool(seen(signal(text=text), load_cause(COUNTED, "counted.yaml", TERMS)))


@pytest.mark.parametrize(
    "text",
    [
        "3 packets transmitted, 3 received, 0% packet loss, time 2003ms",
        "0.0 % packet loss",
        "packet loss: 0.00%",
        "packet loss rate = 0%.",
        "Tasks failed: 0",
        "tasks failed=0, succeeded=12",
        '{"tasks failed": 0, "tasks done": 4}',
        "finished with 0 tasks failed",
        "12 done, 0 tasks failed",
        "zero deadlocks",
        "deadlocks: 0",
        "found 0 deadlocks in 3 days",
        "exit code 1; no deadlock observed",
        "No packet loss.",
        "ended without any deadlock",
        "without a deadlock",
    ],
)
def test_a_count_of_zero_is_no_evidence(text: str) -> None:
    assert not counted(text)


@pytest.mark.parametrize(
    "text",
    [
        "10% packet loss",
        "100% packet loss",
        "packet loss: 0.5%",
        "packet loss 05%",
        "tasks failed: 10",
        "0 tasks failed yesterday; today tasks failed: 3",
        "node 0 is down",
        "worker-0 is down",
        "shard=0 is down",
        "is down: 0 of 3 replicas are ready",
        "disk full: 0 bytes free",
        "disk full (0 bytes available)",
        "disk full at 0x7f",
        "release 2.0 is down",
        "deadlock 0, 1 and 2 were broken; deadlock again",
        "no: deadlock",
        "node no. 3 is down",
        "no deadlock yesterday; a deadlock today",
        "casino deadlock",
    ],
)
def test_a_zero_that_counts_something_else_changes_nothing(text: str) -> None:
    assert counted(text)


TRACE = 'Traceback (most recent call last):\n  File "/srv/a.py", line 1, in f\n    g()\nshop.errors.SlowError: no'


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"labels": {"reason": "Stuck"}, "name": "ExactName"}, "the signal's label reason is Stuck"),
        ({"name": "exact name"}, "the signal is named exact name"),
        ({"name": "RedisMasterLinkDown"}, "the signal's name says 'link down'"),
        ({"text": TRACE, "summary": "it is very slow indeed"}, "the traceback ends in SlowError"),
        ({"summary": "it is down and VERY SLOW INDEED"}, "the signal says 'very slow indeed'"),
        ({"attributes": {"annotations": {"description": "A is down"}}}, "an annotation of the signal says 'is down'"),
        ({"summary": "redis down"}, None),
        ({"summary": "it is downloading"}, None),
        ({"summary": "it is downloading and is down."}, "the signal says 'is down'"),
        ({"summary": "a link downed"}, "the signal says 'link down'"),
        ({"name": "RedisDown"}, None),
        ({"labels": {"reason": "Fine"}}, None),
        ({"attributes": {"annotations": "is down"}}, None),
    ],
)
def test_the_most_telling_of_a_signal_counts(told: dict[str, Any], words: str | None) -> None:
    assert said(replace(signal(), **told)) == words


def test_the_more_telling_cause_is_first_regardless_of_names() -> None:
    vague = cause("aaa", ExactName="Other")
    exact = cause("zzz")
    assert [name for name, _ in seen(signal("ExactName", summary="it is down"), vague, exact)] == ["zzz", "aaa"]


def test_of_a_long_text_the_beginning_and_the_end_are_read() -> None:
    filler = "x" * 50_000
    assert said(signal(text=f"ERROR a is down {filler}"))
    assert said(signal(text=f"ERROR {filler} a is down"))
    assert said(signal(text=f"ERROR {filler} a is down {filler}")) is None
