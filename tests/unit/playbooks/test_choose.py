from types import SimpleNamespace

from grace_workers.diagnosis import CauseName, Diagnosis, EngineKind, Hypothesis
from grace_workers.foundation.ids import IncidentId, uuid7
from grace_workers.playbooks import NoPlan, Plan, choose, success_rate
from tests.unit.playbooks.kit import DATABASE, TARGETS, TEXT, WEB, library

OTHER = TEXT.replace("name: mend_it", "name: other")
INCIDENT = IncidentId(uuid7())


def hypothesis(cause="broken", confidence=0.5, subject=WEB):
    return Hypothesis(
        cause=CauseName(cause),
        subject=subject,
        confidence=confidence,
        engine=EngineKind.RULES,
        reasoning=f"{cause} seen",
    )


def record(playbook, verified=0, ineffective=0, failed=0):
    return SimpleNamespace(playbook=playbook, verified=verified, ineffective=ineffective, failed=failed)


def chosen(shelf, *hypotheses, records=()):
    diagnosis = Diagnosis(hypotheses=hypotheses, evidence=())
    return choose(diagnosis, TARGETS, shelf, records, incident=INCIDENT, proposer="grace")


def test_the_playbook_of_the_cause_is_chosen_with_the_reason():
    plan = chosen(library(), hypothesis())
    assert isinstance(plan, Plan)
    assert (plan.playbook, plan.cause, plan.confidence, plan.reason) == ("mend_it", "broken", 0.5, "broken seen")
    assert (plan.incident, plan.proposer, plan.target) == (INCIDENT, "grace", WEB)


def test_every_playbook_that_is_not_chosen_says_why():
    shelf = library(
        TEXT.replace("causes: [broken]", "causes: [other_cause]"),
        TEXT.replace("mend_it", "off") + "enabled: false\n",
        TEXT.replace("mend_it", "kinds").replace("[broken]", "[broken], target_kinds: [postgres]"),
        TEXT.replace("mend_it", "labels").replace("[broken]", "[broken], labels: {tier: back}"),
        TEXT.replace("mend_it", "sure").replace("[broken]", "[broken], min_confidence: 0.9"),
        TEXT.replace("mend_it", "wants")
        .replace("steps:", "params: {n: {type: integer, required: true}}\nsteps:")
        .replace("primitive: mend", 'primitive: mend\n    params: {count: "{{ params.n }}"}'),
    )
    none = chosen(shelf, hypothesis())
    assert none == NoPlan(
        reason="no playbook fits broken",
        considered=(
            "kinds for broken: target 'web' is a process; it applies to postgres",
            "labels for broken: target 'web' has no label tier=back",
            "mend_it for broken: it applies to other_cause",
            "off for broken: it is not enabled",
            "sure for broken: confidence 0.50 is below 0.90",
            "wants for broken: playbook 'wants': param 'n' is required; give a value",
        ),
    )


def test_no_cause_means_no_plan():
    assert chosen(library()) == NoPlan(reason="the diagnosis names no cause")


def test_a_target_that_nobody_declared_gives_no_plan():
    none = chosen(library(), hypothesis(subject="nowhere"))
    assert none.considered == ("mend_it for broken: target 'nowhere' is not declared",)


def test_a_proven_playbook_goes_before_an_untried_and_that_before_a_failing_one():
    shelf = library(TEXT, OTHER)
    assert chosen(shelf, hypothesis(), records=[record("other", verified=3)]).playbook == "other"
    assert chosen(shelf, hypothesis(), records=[record("mend_it", ineffective=3)]).playbook == "other"
    assert chosen(shelf, hypothesis(), records=[record("other", failed=1)]).playbook == "mend_it"


def test_equal_worth_is_decided_by_the_diagnosis_and_then_by_name():
    shelf = library(OTHER, TEXT)
    assert chosen(shelf, hypothesis()).playbook == "mend_it"
    assert chosen(shelf, hypothesis(subject=DATABASE), hypothesis()).target == DATABASE


def test_a_surer_cause_goes_first():
    assert chosen(library(), hypothesis(confidence=0.2, subject=DATABASE), hypothesis(confidence=0.9)).target == WEB


def test_the_success_rate_of_an_untried_playbook_is_even():
    assert success_rate("x", []) == 0.5
    assert success_rate("x", [record("x", verified=1), record("x", ineffective=1, failed=1), record("y", 9)]) == 0.4
