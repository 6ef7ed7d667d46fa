"""How a fault is played: the clock starts when the fault is there, and the person who is asked says yes."""

import io
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from rich.console import Console

from grace_workers.entrypoints.demo.act import play
from grace_workers.entrypoints.demo.faults import DemoFault, DemoStage
from grace_workers.entrypoints.demo.scene import Scene
from grace_workers.foundation.ids import ApprovalId
from grace_workers.governance import Role
from grace_workers.orchestration import approvals
from grace_workers.orchestration.dossier import Closing
from grace_workers.testing import FakeClock
from tests.builders import PARTNER, WEB, Ward

STAGING, UNTIL_SEEN = timedelta(seconds=5.5), timedelta(seconds=1.25)


@pytest.fixture
def ward():
    return Ward(clock=FakeClock(datetime.now(UTC)))


@pytest.fixture
def playing(ward, tmp_path):
    """Play a fault of a target; return its result and what was printed."""

    def post(path, body):
        reply = approvals.Reply(by="ann", role=Role.APPROVER, approved=body["approved"], reason=body["reason"])
        approvals.answer(ward.ledger, ward.clock, ApprovalId(UUID(path.rpartition("/")[2])), reply)
        ward.work()

    @contextmanager
    def held(_stage):
        ward.clock.advance(STAGING)
        broken_at = ward.clock.now()
        ward.clock.advance(UNTIL_SEEN)
        ward.fall_ill(target)
        ward.work()
        yield broken_at

    target = WEB

    def begin(of, *, approval):
        nonlocal target
        target = of
        fault = DemoFault(
            name="illness",
            story="It falls ill.",
            targets=(of,),
            expected=Closing.HEALED,
            held=held,
            well=lambda _stage: True,
            approval=approval,
        )
        out = io.StringIO()
        runtime = SimpleNamespace(ledger=ward.ledger, clock=ward.clock)
        return play(
            Console(file=out, width=300), runtime, DemoStage(Scene(tmp_path), post, post), fault
        ), out.getvalue()

    return begin


def test_the_seconds_count_from_when_the_fault_was_there_not_from_its_staging(playing):
    printed = playing(WEB, approval=False)[1]
    assert printed.splitlines()[0].split()[:3] == ["1.25", "s", "signal"]


def test_a_question_that_no_fault_foresaw_is_answered_and_its_reason_shown(playing):
    result, printed = playing(PARTNER, approval=False)
    assert (result.got, result.agreed, result.passed) == (Closing.HEALED, True, True)
    assert "domain external_infrastructure requires permission" in printed
    assert "you approve it through the API" in printed


def test_a_heal_without_the_question_that_was_promised_has_not_passed(playing):
    result, printed = playing(WEB, approval=True)
    assert (result.got, result.well, result.agreed, result.passed) == (Closing.HEALED, True, False, False)
    assert "you say yes" not in printed


def test_a_heal_with_the_question_that_was_promised_has_passed(playing):
    assert playing(PARTNER, approval=True)[0].passed
