"""A fleet in which memory leaks until a target fails: what is foretold, when, in which words, and what is not."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from grace_workers.cycles.programmes.predicted_failure import (
    COSTS,
    DEFINITION,
    EVERY,
    HORIZON,
    KEPT_FAILURES,
    KEPT_LOOKS,
    MOST_TARGETS,
)
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Factor, Severity, Signal, SignalStatus, Vitals

pytestmark = pytest.mark.slow

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
CALM, LEAKING, END = 60, 25, 350


@dataclass
class Fleet:
    """Targets that leak from time to time, and fail for three looks when their memory is used up."""

    targets: int = 5
    labels: dict[str, str] = field(default_factory=dict)
    seed: int = 1
    memory: JsonValue = None
    looks: int = 0
    told: list[tuple[int, Signal]] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._failed_at: dict[str, datetime] = {}
        self._chance = random.Random(self.seed)
        self._ages = {f"web-{number}": number * 20 for number in range(self.targets)}

    def vitals(self) -> Iterator[Vitals]:
        yield Vitals(
            target=TargetName("steady"),
            labels=self.labels,
            readings={
                Factor.MEMORY: 0.5 + self._chance.gauss(0, 0.02),
                Factor.ERRORS: self._chance.random(),
            },
        )
        for name in self._ages:
            age = self._ages[name] = (self._ages[name] + 1) % (CALM + LEAKING + 3)
            leaked = max(0, min(LEAKING, age - CALM))
            failing = age >= CALM + LEAKING
            if age == CALM + LEAKING:
                self.failed.append((self.looks, name))
                self._failed_at[name] = START + self.looks * EVERY
            yield Vitals(
                target=TargetName(name),
                labels=self.labels,
                readings={
                    Factor.MEMORY: 0.4 + 0.55 * leaked / LEAKING + self._chance.gauss(0, 0.02),
                    Factor.ERRORS: self._chance.random(),
                },
                failed_at=self._failed_at.get(name),
                failing=failing,
            )

    def live(self, looks: int) -> None:
        for _ in range(looks):
            found = DEFINITION.judge(list(self.vitals()), self.memory, START + self.looks * EVERY)
            self.memory = found.memory
            self.told += [(self.looks, one) for one in found.signals]
            self.looks += 1

    def raised(self) -> Sequence[tuple[int, Signal]]:
        return [(at, one) for at, one in self.told if one.status is SignalStatus.FIRING]


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    fleet = Fleet()
    fleet.live(END)
    return fleet


def test_failures_are_foretold_once_it_is_known_what_comes_before_them(fleet: Fleet) -> None:
    late = [(at, name) for at, name in fleet.failed if at > END / 2]
    warned = [
        (at, name)
        for at, name in late
        if any(one.target == name and at - HORIZON - LEAKING <= when < at for when, one in fleet.raised())
    ]
    assert len(late) >= 7
    assert len(warned) >= 0.8 * len(late)


def test_a_target_that_never_failed_and_looks_calm_is_left_alone(fleet: Fleet) -> None:
    assert "steady" not in {one.target for _, one in fleet.raised()}
    right = [
        any(name == one.target and when < at <= when + 2 * HORIZON for at, name in fleet.failed)
        for when, one in fleet.raised()
        if when < END - 2 * HORIZON
    ]
    assert sum(right) >= 0.8 * len(right)


def test_the_signal_names_probability_and_factors_in_words(fleet: Fleet) -> None:
    _, one = fleet.raised()[-1]
    assert one.name == "predicted_failure"
    assert one.severity is Severity.WARNING
    assert "fails within 30 min with a probability of " in one.summary
    assert "memory in use is 0." in one.summary
    assert ", up 0." in one.summary


def test_what_was_foretold_ends_when_the_target_fails_or_recovers(fleet: Fleet) -> None:
    open_ones: set[str] = set()
    for _, one in fleet.told:
        fires = one.status is SignalStatus.FIRING
        assert (str(one.target) in open_ones) is not fires
        open_ones ^= {str(one.target)}
    assert len(open_ones) <= 2


def test_nothing_is_foretold_before_failures_have_taught() -> None:
    fleet = Fleet(targets=1)
    fleet.live(3 * CALM)
    assert fleet.told == []


def test_a_target_whose_failure_costs_no_more_than_acting_is_left_to_fail() -> None:
    fleet = Fleet(labels={COSTS: "1"})
    fleet.live(200)
    assert fleet.told == []


def test_the_stated_probability_is_what_happens(fleet: Fleet) -> None:
    stated = [one.attributes["value"] for at, one in fleet.raised() if at < END - HORIZON]
    came = [
        any(name == one.target and when < at <= when + HORIZON for at, name in fleet.failed)
        for when, one in fleet.raised()
        if when < END - HORIZON
    ]
    assert abs(sum(stated) / len(stated) - sum(came) / len(came)) < 0.35


def test_a_failure_that_was_healed_before_the_next_look_teaches_too() -> None:
    memory = None
    for look in range(6):
        failed_at = START + 3 * EVERY if look > 3 else None
        seen = Vitals(target=TargetName("web"), labels={}, readings={Factor.CPU: 1.0}, failed_at=failed_at)
        memory = DEFINITION.judge([seen], memory, START + look * EVERY).memory
    assert isinstance(memory, dict)
    assert [len(life) for life in memory["failures"]] == [4]


def test_only_so_many_targets_are_remembered() -> None:
    fleet = Fleet(targets=MOST_TARGETS + 5)
    fleet.live(3)
    assert isinstance(fleet.memory, dict)
    assert len(fleet.memory["targets"]) == MOST_TARGETS


def test_looks_and_failures_are_bounded(fleet: Fleet) -> None:
    assert isinstance(fleet.memory, dict)
    assert max(len(one["looks"]) for one in fleet.memory["targets"].values()) == KEPT_LOOKS
    assert 10 < len(fleet.memory["failures"]) <= KEPT_FAILURES


def test_a_restart_counts_and_is_told() -> None:
    memory = None
    for look in range(40):
        serving = 10.0 if look in {10, 20, 30} else 500.0 + look
        seen = Vitals(target=TargetName("web"), labels={}, readings={}, serving=serving)
        memory = DEFINITION.judge([seen], memory, START + look * EVERY).memory
    assert isinstance(memory, dict)
    assert memory["targets"]["web"]["looks"][-1] == {"restarts": 3.0}
