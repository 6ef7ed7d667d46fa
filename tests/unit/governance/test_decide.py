from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.actions import Aspect, BlastRadius, Domain, Ownership
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Granted, History, NeedsApproval, Refused, Role, Switch, decide
from grace_workers.governance.decide import INDISPENSABLE
from grace_workers.governance.policy import PolicyRule, RuleEffect
from grace_workers.playbooks import DEFAULT_MODES, Mode
from tests.unit.governance.kit import GATES, POLICY, WEB, WEDNESDAY_NOON, approval, decided, facts, plan, target, traits


def test_a_fresh_install_runs_a_harmless_internal_playbook_by_itself_at_any_hour():
    for hours in range(7 * 24):
        decision = decided(plan(), facts(), WEDNESDAY_NOON + timedelta(hours=hours))
        assert isinstance(decision, Granted)
        assert (decision.mode, decision.by) == (Mode.AUTO, ("policy",))


@pytest.mark.parametrize(
    ("domain", "aspect", "owner", "expected"),
    [
        (Domain.INTERNAL_CODE, Aspect.CODE, Ownership.INTERNAL, Granted),
        (Domain.INTERNAL_CONFIG, Aspect.CONFIG, Ownership.INTERNAL, Granted),
        (Domain.INTERNAL_PERFORMANCE, Aspect.PERFORMANCE, Ownership.INTERNAL, Granted),
        (Domain.INTERNAL_DATA, Aspect.DATA, Ownership.INTERNAL, Mode.REVIEW),
        (Domain.EXTERNAL_API, Aspect.API, Ownership.EXTERNAL, Mode.PERMISSION),
        (Domain.EXTERNAL_INTEGRATION, Aspect.CONFIG, Ownership.EXTERNAL, Mode.PERMISSION),
        (Domain.EXTERNAL_INFRASTRUCTURE, Aspect.PERFORMANCE, Ownership.EXTERNAL, Mode.PERMISSION),
    ],
)
def test_each_of_the_seven_domains_has_its_default(domain, aspect, owner, expected):
    known = facts(targets={WEB: target(owner)}, steps=(traits(aspect=aspect, risk=0.1),))
    decision = decided(plan(domain=domain, aspect=aspect), known)
    found = decision.mode if isinstance(decision, NeedsApproval) else type(decision)
    assert found == expected


def test_a_plan_that_understates_its_domain_is_held_to_the_owner_of_its_target():
    decision = decided(plan(), facts(targets={WEB: target(Ownership.EXTERNAL)}))
    assert isinstance(decision, NeedsApproval)
    assert "external_infrastructure" in decision.reasons[0]


@pytest.mark.parametrize("name", ["steps", "history", "kill", "freeze", "busy"])
def test_missing_facts_are_refused(name):
    decision = decided(plan(), facts(**{name: None}))
    assert isinstance(decision, Refused)
    assert name in decision.reason


def test_a_step_without_blast_radius_or_traits_is_a_no():
    assert "blast radius" in decided(plan(), facts(steps=(traits(blast=None),))).reason
    assert "every step" in decided(plan(), facts(steps=())).reason


def test_an_undeclared_target_is_refused():
    assert decided(plan(target=TargetName("nowhere")), facts()).gate == "unknown_target"


@pytest.mark.parametrize("name", ["kill", "freeze"])
def test_a_global_switch_is_a_no_with_reason_and_name(name):
    decision = decided(plan(), facts(**{name: Switch(on=True, reason="storm", by="ada")}))
    assert isinstance(decision, Refused)
    assert "storm, by ada" in decision.reason


def test_a_cooldown_refuses_until_it_ends_and_says_when():
    past = History(runs=1, verified=1, last_run_at=WEDNESDAY_NOON - timedelta(seconds=20))
    decision = decided(plan(), facts(history=past))
    assert (decision.gate, decision.retry_at) == ("cooldown", WEDNESDAY_NOON + timedelta(seconds=40))
    assert isinstance(decided(plan(), facts(history=past), WEDNESDAY_NOON + timedelta(seconds=40)), Granted)


def test_too_many_runs_an_hour_are_refused():
    decision = decided(plan(), facts(history=History(runs=6, verified=6, runs_last_hour=6)))
    assert decision.gate == "run_rate"
    assert decision.retry_at is None


def test_what_did_not_help_is_stopped_and_later_needs_permission():
    past = History(runs=3, ineffective_streak=3, last_run_at=WEDNESDAY_NOON - timedelta(hours=1))
    assert decided(plan(), facts(history=past)).gate == "ineffective"
    later = decided(plan(), facts(history=past), WEDNESDAY_NOON + timedelta(hours=4))
    assert (type(later), later.mode) == (NeedsApproval, Mode.PERMISSION)
    assert decided(plan(), facts(history=replace(past, last_run_at=None))).gate == "ineffective"


def test_a_busy_target_is_refused_for_a_moment():
    decision = decided(plan(), facts(busy=frozenset({WEB})))
    assert (decision.gate, decision.retry_at) == ("busy_target", WEDNESDAY_NOON + timedelta(seconds=5))


def test_a_busy_target_is_refused_even_when_no_step_touches_it():
    far = TargetName("far")
    step = replace(plan().steps[0], target=far)
    known = facts(targets={WEB: target(), far: target()}, busy=frozenset({WEB}))
    assert decided(plan(steps=(step,)), known).gate == "busy_target"


def test_waiting_helps_only_when_it_helps_against_every_refusal():
    known = facts(busy=frozenset({WEB}), kill=Switch(on=True))
    decision = decided(plan(), known)
    assert (decision.gate, decision.retry_at) == ("kill_switch", None)


def test_a_playbook_and_the_fleet_may_be_stricter():
    assert decided(plan(mode=Mode.REVIEW), facts()).mode is Mode.REVIEW
    assert decided(plan(mode=Mode.REVIEW), facts(mode_floor=Mode.PERMISSION)).mode is Mode.PERMISSION
    assert isinstance(decided(plan(mode=Mode.AUTO), facts()), Granted)


def test_a_high_risk_needs_people():
    rising = [(0.3, Granted), (0.8, Mode.REVIEW)]
    for risk, expected in rising:
        decision = decided(plan(), facts(steps=(traits(risk=risk),)))
        assert expected in {type(decision), getattr(decision, "mode", None)}


def test_without_the_indispensable_gates_nothing_is_granted():
    for name in INDISPENSABLE:
        gates = [gate for gate in GATES if gate.name != name]
        assert isinstance(decide(plan(), facts(), WEDNESDAY_NOON, gates=gates, policy=POLICY), Refused)


def test_a_review_needs_an_operator_and_a_permission_an_approver():
    assert decided(plan(mode=Mode.REVIEW), facts()).role is Role.OPERATOR
    assert decided(plan(mode=Mode.PERMISSION), facts()).role is Role.APPROVER


def test_an_approval_turns_a_question_into_a_grant_by_name():
    wanted = plan(mode=Mode.PERMISSION)
    decision = decided(wanted, facts(approvals=(approval(wanted),)))
    assert isinstance(decision, Granted)
    assert decision.by == ("ada",)
    assert decision.until == WEDNESDAY_NOON + POLICY.start_within + wanted.budget


@pytest.mark.parametrize(
    "changes",
    [
        {"role": Role.OPERATOR},
        {"plan_digest": "f" * 64},
        {"at": WEDNESDAY_NOON + timedelta(seconds=1)},
        {"at": WEDNESDAY_NOON - timedelta(hours=1)},
        {"by": " "},
    ],
)
def test_an_approval_that_does_not_fit_does_not_count(changes):
    wanted = plan(mode=Mode.PERMISSION)
    known = facts(asked_at=WEDNESDAY_NOON - timedelta(minutes=1), approvals=(approval(wanted, **changes),))
    assert isinstance(decided(wanted, known), NeedsApproval)


@pytest.mark.parametrize("name", ["eve", "EVE", " eve "])
def test_the_proposer_cannot_approve(name):
    wanted = plan(mode=Mode.REVIEW, proposer="eve")
    decision = decided(wanted, facts(approvals=(approval(wanted, by=name),)))
    assert (type(decision), decision.gate) == (Refused, "separation")


def test_one_rejection_refuses_regardless_of_approvals():
    wanted = plan(mode=Mode.PERMISSION)
    answers = (approval(wanted), approval(wanted, by="bob", approved=False, reason="not now"))
    assert decided(wanted, facts(approvals=answers)).reason == "bob rejected it: not now"


def test_no_answer_in_time_is_a_no():
    wanted = plan(mode=Mode.PERMISSION)
    asked = WEDNESDAY_NOON - POLICY.answer_within
    assert isinstance(decided(wanted, facts(asked_at=asked + timedelta(seconds=1))), NeedsApproval)
    assert decided(wanted, facts(asked_at=asked)).gate == "approval"
    late = facts(asked_at=asked, approvals=(approval(wanted, at=WEDNESDAY_NOON),))
    assert isinstance(decided(wanted, late), Refused)


def test_an_answer_counts_by_when_it_was_given_and_not_by_when_the_line_looks():
    wanted = plan(mode=Mode.PERMISSION)
    asked = WEDNESDAY_NOON - POLICY.answer_within
    in_time = facts(asked_at=asked, approvals=(approval(wanted, at=WEDNESDAY_NOON - timedelta(microseconds=1)),))
    assert isinstance(decided(wanted, in_time), Granted)
    assert isinstance(decided(wanted, in_time, WEDNESDAY_NOON + timedelta(minutes=50)), Granted)
    stale = decided(wanted, in_time, WEDNESDAY_NOON + timedelta(hours=1))
    assert "too long ago to act on it now; retry to ask them again" in stale.reason


def test_half_a_quorum_in_time_is_a_no_that_says_so():
    wanted = plan(mode=Mode.PERMISSION)
    two = POLICY.model_copy(
        update={"rules": (PolicyRule(name="two", effect=RuleEffect.PERMISSION, quorum=2, why="two"),)}
    )
    asked = WEDNESDAY_NOON - POLICY.answer_within
    said = decided(wanted, facts(asked_at=asked, approvals=(approval(wanted, at=asked),)), policy=two)
    assert "1 of 2 people agreed in time" in said.reason


def test_one_person_does_not_make_a_quorum_of_two():
    external = plan(domain=Domain.EXTERNAL_INFRASTRUCTURE, confidence=0.0)
    blast = BlastRadius(count=1, unit="host", share=1.0)
    worst = traits(risk=1.0, aspect=Aspect.INFRASTRUCTURE, blast=blast)
    known = facts(targets={WEB: target(Ownership.EXTERNAL)}, steps=(worst,))
    twice = (approval(external), approval(external, by="ADA "))
    assert decided(external, replace(known, approvals=twice)).quorum == 2
    two = (approval(external), approval(external, by="bob"))
    assert decided(external, replace(known, approvals=two)).by == ("ada", "bob")


def strictness(decision) -> tuple[int, int, int, int]:
    match decision:
        case Granted():
            return (0, 0, 0, 0)
        case NeedsApproval(mode=mode, role=role, quorum=quorum):
            return (1, mode.strictness, list(Role).index(role), quorum)
        case Refused():
            return (2, 0, 0, 0)


histories = st.builds(
    History,
    runs=st.integers(0, 9),
    verified=st.integers(0, 9),
    runs_last_hour=st.integers(0, 9),
    last_run_at=st.sampled_from([None, WEDNESDAY_NOON, WEDNESDAY_NOON - timedelta(days=1)]),
    ineffective_streak=st.integers(0, 4),
)
plans = st.builds(
    plan,
    domain=st.sampled_from(list(DEFAULT_MODES)),
    mode=st.sampled_from([None, *Mode]),
    confidence=st.floats(0, 1),
    proposer=st.sampled_from(["grace", "eve"]),
)
cases = st.builds(
    facts,
    targets=st.sampled_from([{WEB: target()}, {WEB: target(Ownership.EXTERNAL)}, {WEB: target(grace="ask_first")}, {}]),
    steps=st.one_of(
        st.none(), st.builds(traits, risk=st.floats(0, 1), reversible=st.booleans()).map(lambda one: (one,))
    ),
    history=st.one_of(st.none(), histories),
    kill=st.sampled_from([None, Switch(), Switch(), Switch(on=True)]),
    busy=st.sampled_from([None, frozenset(), frozenset(), frozenset({WEB})]),
    mode_floor=st.sampled_from(list(Mode)),
)


@given(wanted=plans, known=cases, order=st.permutations(list(GATES)))
def test_no_order_of_the_gates_changes_a_decision(wanted, known, order):
    one = decide(wanted, known, WEDNESDAY_NOON, gates=GATES, policy=POLICY)
    assert decide(wanted, known, WEDNESDAY_NOON, gates=order, policy=POLICY) == one


@given(wanted=plans, known=cases, kept=st.sets(st.sampled_from(sorted(set(GATES.names) - INDISPENSABLE))))
def test_one_more_gate_never_widens_a_decision(wanted, known, kept):
    some = [gate for gate in GATES if gate.name in kept | INDISPENSABLE]
    fewer = decide(wanted, known, WEDNESDAY_NOON, gates=some, policy=POLICY)
    assert strictness(decided(wanted, known)) >= strictness(fewer)


@given(wanted=plans, known=cases)
def test_no_decision_falls_below_the_domains_default(wanted, known):
    decision = decided(wanted, known)
    if isinstance(decision, Granted):
        assert DEFAULT_MODES[wanted.domain] is Mode.AUTO


answers = st.lists(
    st.builds(
        lambda by, role, approved, fit: (by, role, approved, fit),
        st.sampled_from(["ada", "bob", "eve", "grace", "ADA"]),
        st.sampled_from(list(Role)),
        st.booleans(),
        st.booleans(),
    ),
    max_size=4,
)


@given(wanted=plans, known=cases, said=answers)
def test_answers_grant_only_what_was_asked_and_only_by_enough_fit_people(wanted, known, said):
    given_answers = tuple(
        approval(wanted, by=by, role=role, approved=yes, plan_digest=wanted.digest if fit else "f" * 64)
        for by, role, yes, fit in said
    )
    before, after = decided(wanted, known), decided(wanted, replace(known, approvals=given_answers))
    if isinstance(before, Refused):
        assert isinstance(after, Refused)
    if isinstance(before, NeedsApproval) and isinstance(after, Granted):
        fit_people = {
            by.casefold()
            for by, role, yes, fit in said
            if yes and fit and role.includes(before.role) and by.casefold() != wanted.proposer
        }
        assert len(fit_people) >= before.quorum
        assert not any(not yes and fit for _, _, yes, fit in said)


@given(wanted=plans, known=cases, gone=st.sampled_from([f.name for f in fields(facts())][1:6]))
def test_knowing_less_never_grants_more(wanted, known, gone):
    assert isinstance(decided(wanted, replace(known, **{gone: None})), Refused)
