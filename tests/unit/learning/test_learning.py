from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.diagnosis import Knowledge, Origin
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import IncidentId, TargetName, uuid7
from grace_workers.foundation.statistics import beta_lower_bound
from grace_workers.learning import Ending, Episode, TrackRecord, confidence, lesson, update
from grace_workers.signals import Signature

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
FRESH = TrackRecord(playbook="restart_process", signature="down~0")


def episode(ending: Ending = Ending.VERIFIED, **fields: object) -> Episode:
    return Episode(
        **{
            "incident": IncidentId(uuid7()),
            "playbook": "restart_process",
            "playbook_digest": "d",
            "signature": "down~0",
            "cause": "process_down",
            "target": TargetName("shop"),
            "ending": ending,
            "restored": None,
            "seconds": 1.0,
            "at": NOW,
            **fields,
        }
    )


def after(*endings: Ending) -> TrackRecord:
    record = FRESH
    for ending in endings:
        record = update(record, episode(ending))
    return record


def test_each_ending_is_counted_in_its_own_place() -> None:
    record = after(Ending.VERIFIED, Ending.INEFFECTIVE, Ending.FAILED, Ending.INCONCLUSIVE)
    assert (record.verified, record.ineffective, record.failed, record.inconclusive) == (1, 1, 1, 1)
    assert record.last_at == NOW


def test_an_ineffective_success_counts_as_a_failure() -> None:
    assert confidence(after(Ending.VERIFIED, Ending.INEFFECTIVE)) == confidence(after(Ending.VERIFIED, Ending.FAILED))
    assert confidence(after(Ending.VERIFIED, Ending.INEFFECTIVE)) < confidence(after(Ending.VERIFIED))


def test_an_inconclusive_run_says_nothing_either_way() -> None:
    assert confidence(after(Ending.VERIFIED, Ending.INCONCLUSIVE)) == confidence(after(Ending.VERIFIED))
    assert after(Ending.FAILED, Ending.INCONCLUSIVE).streak == 1


def test_a_streak_counts_bad_endings_in_a_row_and_a_verified_run_ends_it() -> None:
    assert after(Ending.FAILED, Ending.INEFFECTIVE).streak == 2
    assert after(Ending.FAILED, Ending.INEFFECTIVE, Ending.VERIFIED).streak == 0


@pytest.mark.parametrize("other", [{"playbook": "x"}, {"signature": "x"}])
def test_an_episode_of_another_record_is_refused(other: dict[str, str]) -> None:
    with pytest.raises(InputError, match="does not belong"):
        update(FRESH, episode(**other))


@given(st.lists(st.sampled_from(Ending), max_size=30), st.randoms())
def test_the_counts_do_not_depend_on_the_order_of_outcomes(endings: list[Ending], chance: object) -> None:
    shuffled = list(endings)
    chance.shuffle(shuffled)
    one, other = after(*endings), after(*shuffled)
    assert (one.verified, one.ineffective, one.failed, one.inconclusive) == (
        other.verified,
        other.ineffective,
        other.failed,
        other.inconclusive,
    )
    assert confidence(one) == confidence(other)


def test_more_verified_runs_make_surer_and_never_certain() -> None:
    levels = [confidence(after(*[Ending.VERIFIED] * count)) for count in (0, 1, 2, 5, 50)]
    assert levels == sorted(levels)
    assert levels[0] < 0.05
    assert levels[-1] < 1


def test_a_verified_outcome_becomes_knowledge() -> None:
    taught = lesson(episode(complaining=TargetName("web"), bindings={"a": 1}), Knowledge())
    assert taught is not None
    assert taught.before is None
    entry = taught.after
    assert (entry.origin, entry.signature, entry.cause) == (Origin.LEARNED, "down~0", "process_down")
    assert (entry.target, entry.subject, entry.playbook) == ("web", "shop", "restart_process")
    assert (entry.bindings, entry.verified, entry.unverified) == ({"a": 1}, 1, 0)


def taught_by(*endings: Ending) -> Knowledge:
    base = Knowledge()
    for ending in endings:
        taught = lesson(episode(ending), base)
        base = base.learned(taught.after) if taught else base
    return base


def test_further_outcomes_are_counted_on_the_same_entry() -> None:
    base = taught_by(Ending.VERIFIED, Ending.VERIFIED, Ending.INEFFECTIVE, Ending.INCONCLUSIVE)
    [entry] = [one for one in base.entries if one.origin is Origin.LEARNED]
    assert (entry.verified, entry.unverified) == (2, 1)
    assert base.confidence(Signature("down~0"), entry.cause) == beta_lower_bound(2, 1)


def test_a_problem_becomes_known_by_verified_outcomes_and_unknown_by_failures() -> None:
    signature, target = Signature("down~0"), TargetName("shop")
    assert taught_by(Ending.VERIFIED).known(signature, target) is None
    assert taught_by(Ending.VERIFIED, Ending.VERIFIED).known(signature, target) is not None
    worse = taught_by(Ending.VERIFIED, Ending.VERIFIED, Ending.FAILED, Ending.FAILED)
    assert worse.known(signature, target) is None


def test_a_remedy_that_never_worked_is_remembered_as_such() -> None:
    [entry] = [one for one in taught_by(Ending.FAILED).entries if one.origin is Origin.LEARNED]
    assert (entry.verified, entry.unverified) == (0, 1)


def test_an_inconclusive_outcome_teaches_nothing() -> None:
    assert lesson(episode(Ending.INCONCLUSIVE), Knowledge()) is None


def test_a_success_against_a_cause_from_words_alone_teaches_nothing_and_a_failure_does() -> None:
    assert lesson(episode(words_alone=True), Knowledge()) is None
    taught = lesson(episode(Ending.INEFFECTIVE, words_alone=True), Knowledge())
    assert taught is not None
    assert (taught.after.verified, taught.after.unverified) == (0, 1)
