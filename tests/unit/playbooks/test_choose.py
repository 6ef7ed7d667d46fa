from types import SimpleNamespace

from grace_workers.diagnosis import CauseName, Diagnosis, EngineKind, Hypothesis
from grace_workers.foundation.ids import IncidentId, uuid7
from grace_workers.playbooks import NoPlan, Plan, candidates, choose
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


def prospects(promise=None, expected=None):
    """Return the promise and the expectation of playbooks: one half for those that are not named."""
    return SimpleNamespace(
        promise=lambda name: (promise or {}).get(name, 0.5), expected=lambda name: (expected or {}).get(name, 0.5)
    )


def chosen(shelf, *hypotheses, of=None):
    diagnosis = Diagnosis(hypotheses=hypotheses, evidence=())
    return choose(diagnosis, TARGETS, shelf, of or prospects(), incident=INCIDENT, proposer="grace")


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


def test_an_undeclared_target_gives_no_plan():
    none = chosen(library(), hypothesis(subject="nowhere"))
    assert none.considered == ("mend_it for broken: target 'nowhere' is not declared",)


def test_the_playbook_that_promises_most_is_chosen():
    shelf = library(TEXT, OTHER)
    assert chosen(shelf, hypothesis(), of=prospects({"other": 0.9})).playbook == "other"
    assert chosen(shelf, hypothesis(), of=prospects({"mend_it": 0.4})).playbook == "other"
    assert chosen(shelf, hypothesis(), of=prospects({"other": 0.4})).playbook == "mend_it"


def test_a_step_that_cannot_be_undone_is_not_tried_out():
    shelf = library(TEXT, OTHER.replace("primitive: mend", "primitive: burn"))
    hopeful = prospects({"other": 0.9, "mend_it": 0.7}, {"other": 0.5, "mend_it": 0.6})
    proven = prospects({"other": 0.9, "mend_it": 0.7}, {"other": 0.8, "mend_it": 0.6})

    assert chosen(shelf, hypothesis(), of=hopeful).playbook == "mend_it"
    assert chosen(shelf, hypothesis(), of=proven).playbook == "other"


def test_the_likelier_cause_is_tried_first_however_much_a_remedy_of_another_might_promise():
    shelf = library(TEXT, OTHER.replace("causes: [broken]", "causes: [worn]"))
    likely, unlikely = hypothesis(confidence=0.6), hypothesis("worn", confidence=0.5)
    untried = prospects({"other": 0.9, "mend_it": 0.8}, {"other": 0.5, "mend_it": 0.7})

    assert chosen(shelf, likely, unlikely, of=untried).playbook == "mend_it"
    assert chosen(shelf, likely, unlikely, of=prospects(expected={"mend_it": 0.1})).playbook == "other"


def test_an_untried_remedy_does_not_make_its_cause_less_likely():
    shelf = library(
        TEXT, OTHER.replace("other", "known"), TEXT.replace("mend_it", "elsewhere").replace("[broken]", "[worn]")
    )
    of = prospects({"mend_it": 0.9, "known": 0.85}, {"mend_it": 0.5, "known": 0.8, "elsewhere": 0.6})

    assert chosen(shelf, hypothesis(confidence=0.6), hypothesis("worn", confidence=0.6), of=of).playbook == "mend_it"


def test_what_cannot_be_undone_goes_first_only_for_a_cause_that_is_twice_as_likely():
    burning = OTHER.replace("primitive: mend", "primitive: burn").replace("causes: [broken]", "causes: [worn]")
    shelf = library(TEXT, burning)
    rivals = {"worn": 0.9, "broken": 0.5}, {"worn": 0.9, "broken": 0.4}
    first, second = ([hypothesis(cause, confidence=sure) for cause, sure in one.items()] for one in rivals)

    assert chosen(shelf, *first).playbook == "mend_it"
    assert chosen(shelf, *second).playbook == "other"


def test_candidates_are_the_enabled_playbooks_for_one_of_the_causes():
    shelf = library(
        TEXT,
        TEXT.replace("mend_it", "elsewhere").replace("causes: [broken]", "causes: [other_cause]"),
        TEXT.replace("mend_it", "off") + "enabled: false\n",
    )

    assert candidates(Diagnosis(hypotheses=(hypothesis(),), evidence=()), shelf) == ["mend_it"]


def test_equal_worth_is_decided_by_the_diagnosis_and_then_by_name():
    shelf = library(OTHER, TEXT)
    assert chosen(shelf, hypothesis()).playbook == "mend_it"
    assert chosen(shelf, hypothesis(subject=DATABASE), hypothesis()).target == DATABASE


def test_a_surer_cause_is_first():
    assert chosen(library(), hypothesis(confidence=0.2, subject=DATABASE), hypothesis(confidence=0.9)).target == WEB
