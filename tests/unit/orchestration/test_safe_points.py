"""Which kept points are listed and found."""

from datetime import timedelta

import pytest

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import NotFoundError
from grace_workers.learning import Ending
from grace_workers.orchestration.dossier import JournalRow, StepState
from grace_workers.orchestration.safe_points import is_taken, safe_point, safe_points
from grace_workers.playbooks import Plan
from tests.builders import WEB, Ward, episode, plan

DAY = timedelta(days=1)


def kept(ward: Ward, name: str, ending: Ending = Ending.VERIFIED, *, keep: timedelta = 30 * DAY) -> None:
    now = ward.clock.advance(DAY) or ward.clock.now()
    made = plan(playbook=f"plan:safe_point_{name}", target=WEB)
    data: dict[str, JsonValue] = {
        "part": name,
        "sha256": "0" * 64,
        "bytes": 1,
        "items": 1,
        "until": (now + keep).isoformat(),
    }
    _ended(ward, made, "keep_safe_point", data, ending)


def _ended(ward: Ward, made: Plan, primitive: str, data: dict[str, JsonValue], ending: Ending) -> None:
    now = ward.clock.now()
    with ward.ledger.transaction() as tx:
        assert tx.journal.begin(made, made.incident, now)
        row = JournalRow(
            index=0,
            step="part_1",
            primitive=primitive,
            target=WEB,
            state=StepState.DONE,
            attempt=1,
            idempotency_key=f"{made.id}:0",
            outcome={"status": "done", "detail": "said", "data": data},
            updated_at=now,
            snapshot={},
        )
        tx.journal.write(made.id, row)
        tx.journal.end(made.id, episode(made, ward.clock, ending))


def dropped(ward: Ward, name: str, ending: Ending) -> None:
    ward.clock.advance(timedelta(hours=1))
    made = plan(playbook=f"plan:drop_safe_point_{name}", target=WEB)
    _ended(ward, made, "drop_safe_point", {"part": name}, ending)


def test_a_point_that_was_dropped_is_gone_and_its_name_is_free() -> None:
    ward = Ward()
    kept(ward, "release")
    dropped(ward, "release", Ending.VERIFIED)
    assert safe_points(ward.ledger, ward.clock.now()) == []
    assert not is_taken(ward.ledger, ward.clock.now(), "release")
    kept(ward, "release")
    assert [one.at for one in safe_points(ward.ledger, ward.clock.now())] == [ward.clock.now()]


def test_a_point_of_which_only_one_part_could_be_dropped_is_none_any_more() -> None:
    ward = Ward()
    kept(ward, "release")
    dropped(ward, "release", Ending.INCONCLUSIVE)
    with pytest.raises(NotFoundError, match="no safe point 'release' is kept"):
        safe_point(ward.ledger, ward.clock.now(), "release")


def test_a_later_run_that_kept_nothing_whole_hides_no_point_of_its_name() -> None:
    ward = Ward()
    kept(ward, "release")
    kept(ward, "release", Ending.INCONCLUSIVE)
    assert safe_point(ward.ledger, ward.clock.now(), "release").at == ward.clock.now() - DAY


def test_points_that_are_over_take_no_place_in_the_list() -> None:
    ward = Ward()
    kept(ward, "release")
    for name in ("one", "two"):
        kept(ward, name, keep=timedelta(hours=1))
        ward.clock.advance(DAY)
    assert [one.name for one in safe_points(ward.ledger, ward.clock.now(), limit=2)] == ["release"]
    with pytest.raises(NotFoundError, match="no safe point 'two' is kept"):
        safe_point(ward.ledger, ward.clock.now(), "two")
