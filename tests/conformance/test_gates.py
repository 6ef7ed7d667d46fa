"""What every gate promises: silence on a harmless plan, its ruling if its condition holds, a no without facts."""

from datetime import timedelta
from typing import Any

import pytest

from grace_workers.actions import Aspect, Ownership
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import (
    Allow,
    Ask,
    Attempt,
    AutonomyLevel,
    Case,
    History,
    Load,
    MaintenanceWindow,
    Refuse,
    Rejection,
    Risk,
    Role,
    Ruling,
    RunCount,
    StormLimits,
    Switch,
    WindowEffect,
)
from grace_workers.governance.policy import Match, PolicyRule, RuleEffect
from grace_workers.playbooks import Mode, Step
from tests.unit.governance.kit import GATES, POLICY, WEB, WEDNESDAY_NOON, approval, facts, plan, target, traits

ON = Switch(on=True, reason="a drill", by="ada")
FROZEN = MaintenanceWindow(
    name="release",
    effect=WindowEffect.FREEZE,
    starts_at=WEDNESDAY_NOON,
    lasts=timedelta(hours=1),
    ends_at=WEDNESDAY_NOON + timedelta(hours=1),
    reason="a release",
    by="ada",
    made_at=WEDNESDAY_NOON,
)
LATELY = WEDNESDAY_NOON - timedelta(seconds=1)
RULE = PolicyRule(
    name="asked_for", when=Match(aspects=(Aspect.PERFORMANCE,)), effect=RuleEffect.REVIEW, why="the team says so"
)
FLEET, DB = frozenset({"fleet"}), TargetName("db")
PAIR = frozenset({WEB, DB})
TEN = frozenset({WEB, *(TargetName(f"web-{n}") for n in range(9))})
BOTH_STAY = POLICY.model_copy(update={"storm": StormLimits(minimum_healthy="100%")})
STUCK = Attempt(playbook="mend_it", at=LATELY, helped=False, approach=0.0)
HERS = plan(proposer="ada")
NO = Rejection(by="ada", reason="no", at=LATELY, mode=Mode.REVIEW, role=Role.OPERATOR, quorum=1, same_problem=True)
SWITCHING = Step(index=0, id="switch_off", primitive="toggle_flag", target=WEB, params={"flag": "new_checkout"})

MERGING = Step(index=0, id="merge", primitive="apply_patch", target=WEB, params={})

CASES: dict[str, tuple[type, dict[str, Any]]] = {
    "kill_switch": (Refuse, {"facts": facts(kill=ON)}),
    "freeze": (Refuse, {"facts": facts(freeze=ON)}),
    "maintenance": (Refuse, {"facts": facts(windows=(FROZEN,))}),
    "missing_facts": (Refuse, {"facts": facts(steps=(traits(blast=None),))}),
    "unknown_target": (Refuse, {"facts": facts(targets={})}),
    "domain_mode": (Ask, {"facts": facts(targets={WEB: target(Ownership.EXTERNAL)})}),
    "playbook_mode": (Ask, {"plan": plan(mode=Mode.REVIEW)}),
    "policy_rules": (Ask, {"policy": POLICY.model_copy(update={"rules": (RULE,)})}),
    "risk_score": (Ask, {"risk": Risk(score=0.9, parts=())}),
    "cooldown": (Refuse, {"facts": facts(history=History(runs=1, last_run_at=LATELY))}),
    "run_rate": (Refuse, {"facts": facts(history=History(runs_last_hour=1_000))}),
    "busy_target": (Refuse, {"facts": facts(busy=frozenset({WEB}))}),
    "ineffective": (Refuse, {"facts": facts(history=History(ineffective_streak=1_000, last_run_at=LATELY))}),
    "switchable_flag": (Ask, {"plan": plan(steps=(SWITCHING,))}),
    "auto_merge": (Ask, {"plan": plan(steps=(MERGING,))}),
    "standing_no": (Refuse, {"facts": facts(rejection=NO)}),
    "words_alone": (Ask, {"plan": plan(measured=False)}),
    "declared_elsewhere": (Ask, {"facts": facts(steps=(traits(put_back_by="Argo CD application shop"),))}),
    "flapping": (Ask, {"facts": facts(flapping=True)}),
    "autonomy": (Ask, {"facts": facts(autonomy=AutonomyLevel.ASK)}),
    "runs_at_once": (Refuse, {"facts": facts(scopes=FLEET, load=Load(tallies={"fleet": RunCount(at_once=1_000)}))}),
    "automatic_rate": (Refuse, {"facts": facts(scopes=FLEET, load=Load(tallies={"fleet": RunCount(begun=1_000)}))}),
    "minimum_healthy": (Refuse, {"facts": facts(members={"service=shop": PAIR}), "policy": BOTH_STAY}),
    "too_much_down": (Refuse, {"facts": facts(members={"fleet": TEN}, load=Load(down=dict.fromkeys(TEN, True)))}),
    "dependencies": (Refuse, {"facts": facts(upstream=frozenset({DB}), load=Load(down={DB: True}))}),
    "unhelpful_nearby": (Refuse, {"facts": facts(load=Load(missed=(DB, TargetName("cache"))))}),
    "not_approaching": (Refuse, {"facts": facts(load=Load(attempts=(STUCK,) * 3))}),
    "separation": (Refuse, {"plan": HERS, "facts": facts(approvals=(approval(HERS, "ada"),))}),
}
READERS = {
    "kill": {"kill_switch", "missing_facts"},
    "freeze": {"freeze", "missing_facts"},
    "busy": {"busy_target", "missing_facts"},
    "history": {"cooldown", "run_rate", "ineffective", "missing_facts"},
    "steps": {"missing_facts"},
    "windows": {"maintenance"},
    "autonomy": {"autonomy"},
    "load": {
        "automatic_rate",
        "dependencies",
        "minimum_healthy",
        "missing_facts",
        "not_approaching",
        "runs_at_once",
        "too_much_down",
        "unhelpful_nearby",
    },
}


def judged(name: str, changes: dict[str, Any]) -> Ruling:
    """Return the gate's ruling on a harmless plan, except for `changes`."""
    harmless = {
        "plan": plan(),
        "facts": facts(),
        "policy": POLICY,
        "risk": Risk(score=0.1, parts=()),
        "now": WEDNESDAY_NOON,
    }
    return GATES[name].judge(Case(**{**harmless, **changes}))


def test_every_gate_has_its_case():
    assert sorted(CASES) == sorted(GATES.names)


@pytest.mark.parametrize("name", GATES.names)
def test_a_gate_says_nothing_of_a_harmless_plan(name):
    assert judged(name, {}) == Allow()


@pytest.mark.parametrize("name", GATES.names)
def test_a_gate_speaks_when_its_condition_holds_and_gives_its_reason(name):
    expected, changes = CASES[name]
    ruling = judged(name, changes)
    assert type(ruling) is expected
    assert len(ruling.why.split()) > 2


@pytest.mark.parametrize(("fact", "name"), [(fact, name) for fact, names in READERS.items() for name in sorted(names)])
def test_a_gate_that_cannot_see_its_fact_says_no(fact, name):
    assert isinstance(judged(name, {"facts": facts(**{fact: None})}), Refuse)


@pytest.mark.parametrize("name", GATES.names)
def test_a_gate_says_the_same_twice(name):
    _, changes = CASES[name]
    assert judged(name, changes) == judged(name, changes)


def test_a_rule_whose_environment_is_unknown_counts_as_met_and_says_so():
    rule = RULE.model_copy(update={"when": Match(environments=("production",))})
    ruling = judged("policy_rules", {"policy": POLICY.model_copy(update={"rules": (rule,)})})
    assert isinstance(ruling, Ask)
    assert "the environment is unknown, so production counts as met" in ruling.why
