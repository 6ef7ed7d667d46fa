"""Every demo on the same data shows the same: what ran in vain before may run again when a person agrees."""

import json
from datetime import timedelta

import pytest

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.entrypoints.demo.repeats import REMEDIES
from grace_workers.entrypoints.demo.scene import Scene
from grace_workers.governance import Granted, History, NeedsApproval, load_policy, shipped_policy
from grace_workers.playbooks import Mode, load_directories
from grace_workers.settings import load_settings, shipped
from tests.unit.governance.kit import WEDNESDAY_NOON, approval, decided, facts, plan

PAUSES = [timedelta(minutes=1), timedelta(hours=5)]


@pytest.fixture
def settings(tmp_path):
    """The settings of a demo's node."""
    scene = Scene(tmp_path)
    scene.folder.mkdir()
    (scene.folder / "ports.json").write_text(json.dumps({"shop": 1, "gateway": 2}))
    scene.build()
    return load_settings(scene.config)


@pytest.fixture
def policy(settings):
    return load_policy(settings.policy)


@pytest.fixture
def guards(settings):
    """The guards of every remedy of the demo, by name."""
    known = catalogs()
    library = load_directories(settings.playbook_folders, known.primitives, known.checks)
    return {name: library[name].guards.guards() for name in REMEDIES}


def in_vain(streak: int, pause: timedelta) -> History:
    """Return `streak` earlier demos, the last one that long ago, all of which may have been within the hour."""
    return History(runs=streak, ineffective_streak=streak, runs_last_hour=streak, last_run_at=WEDNESDAY_NOON - pause)


@pytest.mark.slow
@pytest.mark.parametrize("pause", PAUSES)
@pytest.mark.parametrize("streak", [3, 4, 10, 200])
def test_a_remedy_that_never_helped_runs_once_a_person_agrees(policy, guards, streak, pause):
    wanted = plan(playbook="clear_stale_cache", guards=guards["clear_stale_cache"])
    known = facts(history=in_vain(streak, pause))
    asked = decided(wanted, known, policy=policy)
    assert (type(asked), asked.mode) == (NeedsApproval, Mode.PERMISSION)
    assert f"did not help web {streak} times in a row" in " ".join(asked.reasons)
    answered = facts(
        history=in_vain(streak, pause), asked_at=WEDNESDAY_NOON, approvals=(approval(wanted, "demo-approver"),)
    )
    assert isinstance(decided(wanted, answered, policy=policy), Granted)


@pytest.mark.parametrize("pause", PAUSES)
@pytest.mark.parametrize("streak", [0, 1, 2])
def test_before_that_no_one_is_asked(policy, guards, streak, pause):
    wanted = plan(playbook="clear_stale_cache", guards=guards["clear_stale_cache"])
    decision = decided(wanted, facts(history=in_vain(streak, pause)), policy=policy)
    assert (type(decision), decision.mode) == (Granted, Mode.AUTO)


@pytest.mark.parametrize("name", REMEDIES)
def test_a_remedy_that_helped_in_every_demo_of_the_hour_runs_again(policy, guards, name):
    past = History(runs=60, verified=60, runs_last_hour=60, last_run_at=WEDNESDAY_NOON - timedelta(minutes=1))
    decision = decided(plan(playbook=name, guards=guards[name]), facts(history=past), policy=policy)
    assert (type(decision), decision.mode) == (Granted, Mode.AUTO)


def test_nothing_else_of_the_shipped_policy_is_lifted(policy):
    assert policy.ineffective_pause == timedelta(0)
    assert policy.auto_merge == ("shop-code",)
    assert policy.model_copy(update={"ineffective_pause": timedelta(hours=4), "auto_merge": ()}) == shipped_policy()


def test_nothing_else_of_the_shipped_guards_is_lifted(guards):
    known = catalogs()
    library = load_directories([shipped("playbooks")], known.primitives, known.checks)
    for name, mine in guards.items():
        theirs = library[name].guards.guards()
        assert (mine.cooldown, mine.stop_after_ineffective) == (theirs.cooldown, theirs.stop_after_ineffective)
