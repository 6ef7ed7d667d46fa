"""Names in signals: which means a target, what is proposed, and whether it helped."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.cycles import FleetChange, PastMonth, PastProblem, TargetAlias, UnmatchedSignal, aliased
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.improvements.kinds.alias import DEFINITION, meant
from grace_workers.cycles.improvements.measuring import MeasuredEffect, measured_share
from grace_workers.foundation.ids import TargetName
from grace_workers.playbooks import Mode
from grace_workers.testing import FakeClock
from tests.builders import signal

NOW = datetime(2026, 6, 30, tzinfo=UTC)
TARGETS = frozenset(map(TargetName, ("shop-web", "shop-db", "db")))


class Record:
    """Readers of what is in force."""

    def __init__(self, *known: FleetChange) -> None:
        self._known = known

    def changes(self, kind: str) -> Sequence[FleetChange]:
        return [one for one in self._known if one.kind == kind]


def month(count: int = 12, value: str = "shop-web:9100", problems: Sequence[PastProblem] = ()) -> PastMonth:
    strays = [UnmatchedSignal(names={"instance": value}, at=NOW) for _ in range(count)]
    return PastMonth(now=NOW, strays=strays, targets=TARGETS, problems=problems)


def problems(with_cause: int, without: int, *, value: str | None = "shop-web:9100") -> Sequence[PastProblem]:
    return [
        PastProblem(
            source="alertmanager", name="Down", target=TargetName("shop-web"), at=NOW + timedelta(hours=1),
            lasted=timedelta(minutes=5), by_itself=False, cause=cause,
            names={} if value is None else {"instance": value},
        )
        for cause in ["process_down"] * with_cause + [None] * without
    ]  # fmt: skip


def found(read: PastMonth, *known: FleetChange) -> Sequence[Improvement]:
    return DEFINITION.find(Record(*known), read)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("shop-web:9100", "shop-web"),
        ("https://SHOP-WEB.prod.example.com/health", "shop-web"),
        ("shop-web-7d9f", None),
        ("shop-web to shop-db", None),
        ("db:5432", None),
        ("other", None),
        ("postgres://ann:secret@shop-db/x", None),
        ("shop-web\x1b[31m", None),
        ("shop-web " * 60, None),
    ],
)
def test_a_name_means_the_only_target_that_is_a_whole_word_of_it(value: str, target: str | None) -> None:
    assert meant(value, TARGETS) == target


def test_a_name_that_came_often_is_proposed_with_how_many_signals_would_have_had_a_target() -> None:
    (one,) = found(month(problems=problems(9, 3, value=None)))
    assert one.change == "instance=shop-web:9100 means shop-web"
    assert (one.replayed, one.avoided, one.before, one.predicted) == (12, 12, 0.0, 0.75)
    assert one.subject.startswith("shop-web.")
    assert ":" not in one.subject
    assert found(month(9)) == []
    assert found(month(value="other")) == []
    change = DEFINITION.offer(one)
    assert isinstance(change, FleetChange)
    assert found(month(), change) == []
    put, back = DEFINITION.putting(one), DEFINITION.back(one, "it did not help")
    assert (put.mode, back.mode) == (Mode.REVIEW, None)
    assert put.steps[0].params == {"limit": change.limit, "value": 1, "instead_of": 0}


@pytest.mark.parametrize(
    ("cause", "without", "days", "effect"),
    [
        (0, 0, 1, MeasuredEffect.UNKNOWN),
        (8, 0, 1, MeasuredEffect.HELPED),
        (0, 9, 1, MeasuredEffect.DID_NOT_HELP),
        (2, 1, 31, MeasuredEffect.HELPED),
        (0, 2, 31, MeasuredEffect.DID_NOT_HELP),
        (0, 0, 31, MeasuredEffect.DID_NOT_HELP),
    ],
)
def test_it_helps_if_what_is_named_so_has_a_cause_as_often_as_what_the_target_has(
    cause: int, without: int, days: int, effect: MeasuredEffect
) -> None:
    (one,) = found(month())
    later = NOW + timedelta(days=days)
    seen = PastMonth(now=later, problems=[*problems(cause, without), *problems(5, 0, value="else")])
    assert DEFINITION.measure(one.model_copy(update={"in_force_at": NOW}), seen).effect is effect


def test_an_alias_speaks_only_for_a_signal_without_a_target_and_for_a_declared_one() -> None:
    clock = FakeClock()
    alias = TargetAlias(label="instance", value="shop-web:9100", target="shop-web")
    known = [FleetChange(kind="alias", subject="s", content=alias.model_dump(), proposed_at=NOW)]
    labels = {"instance": "shop-web:9100"}
    given = [signal(TargetName(name), at=clock, labels=labels) for name in ("shop-db",)]
    lost = [signal(None, at=clock, labels=one) for one in (labels, {"instance": "else"})]
    assert [one.target for one in aliased([*given, *lost], known, TARGETS)] == ["shop-db", "shop-web", None]
    assert [one.target for one in aliased(lost, known, {TargetName("other")})] == [None, None]


def test_a_share_far_below_what_was_predicted_does_not_help_only_because_nothing_was_counted_before() -> None:
    (one,) = found(month())
    rare = one.model_copy(update={"predicted": 0.3, "in_force_at": NOW})
    effects = [measured_share(rare, helped, 9, NOW, what="").effect for helped in (1, 3)]
    assert effects == [MeasuredEffect.UNKNOWN, MeasuredEffect.HELPED]
