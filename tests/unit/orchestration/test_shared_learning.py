"""What both agents learned, from one record."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.foundation.ids import TargetName
from grace_workers.learning import Ending
from grace_workers.orchestration.job import JobRequest, Pool, SlotLimits
from grace_workers.orchestration.shared_learning import MOST_PATCHES, NEWEST, SharedLearning, shared_learning
from tests.builders import WEB, Ward, episode, plan

CODE = TargetName("code")
DAY = timedelta(days=1)


def ran(ward: Ward, playbook: str, target: TargetName, ending: Ending) -> None:
    made = plan(playbook=playbook, target=target)
    with ward.ledger.transaction() as tx:
        assert tx.journal.begin(made, made.incident, ward.clock.now())
        tx.journal.end(made.id, episode(made, ward.clock, ending))


def learned(ward: Ward) -> SharedLearning:
    web = ward.line.targets[WEB]
    code = replace(web, name=CODE, roles=frozenset({"Codebase"}))
    targets = {WEB: replace(web, depends_on=(CODE,)), CODE: code}
    return shared_learning(ward.ledger, targets, SlotLimits(), ward.clock.now())


def test_a_patch_is_seen_by_what_it_changed_for_healing() -> None:
    ward = Ward()
    for _ in range(3):
        ran(ward, "cure", WEB, Ending.VERIFIED)
        ward.clock.advance(DAY)
    ran(ward, "plan:code_fix_bug", CODE, Ending.VERIFIED)
    ward.clock.advance(2 * DAY)
    ran(ward, "cure", WEB, Ending.VERIFIED)
    found = learned(ward)
    seen = [(one.target, one.heals_before, one.days_before, one.heals_since, one.days) for one in found.patches]
    assert seen == [(WEB, 3, 7.0, 1, 2.0)]
    assert [one.agent for one in found.entries] == [Pool.HEALING, Pool.CODING, *[Pool.HEALING] * 3]


def test_each_agent_has_its_record_and_what_waits_for_it() -> None:
    ward = Ward()
    ran(ward, "cure", WEB, Ending.VERIFIED)
    ran(ward, "cure", WEB, Ending.FAILED)
    ran(ward, "plan:code_optimise", CODE, Ending.INCONCLUSIVE)
    with ward.ledger.transaction() as tx:
        tx.jobs.submit([JobRequest(name="code.task", pool=Pool.CODING)])
    told = {
        one.agent: (one.runs, one.verified, one.success, one.waiting, one.load.free) for one in learned(ward).agents
    }
    assert told == {Pool.HEALING: (2, 1, 0.5, 0, 5), Pool.CODING: (1, 0, None, 1, 5)}


def test_what_the_record_no_longer_has_of_the_days_before_a_patch_is_told() -> None:
    ward = Ward()
    for _ in range(NEWEST - 1):
        ran(ward, "cure", WEB, Ending.VERIFIED)
    ward.clock.advance(2 * DAY)
    ran(ward, "plan:code_fix_bug", CODE, Ending.VERIFIED)
    assert [(one.heals_before, one.days_before) for one in learned(ward).patches] == [(NEWEST - 1, 2.0)]


def test_only_the_newest_patches_are_followed() -> None:
    ward = Ward()
    for _ in range(MOST_PATCHES + 1):
        ran(ward, "plan:code_fix_bug", CODE, Ending.VERIFIED)
    assert len(learned(ward).patches) == MOST_PATCHES
