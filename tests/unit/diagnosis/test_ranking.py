import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.diagnosis import (
    Diagnosis,
    Engine,
    EngineKind,
    Findings,
    Hypothesis,
    Strength,
    engines,
    kept_in_order,
    rank,
)
from grace_workers.diagnosis.diagnosis import CauseName
from grace_workers.diagnosis.engines import knowledge, rules
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.statistics import beta_lower_bound
from grace_workers.signals import Signal
from tests.shipped_causes import CAUSES
from tests.unit.diagnosis.findings_of import DB, SHOP, evidence, findings, learned, signal, subject

CATALOG = discover(engines, Engine, label="engine")


def ranked(given_findings: Findings) -> Diagnosis:
    return rank(given_findings, CATALOG)


def test_the_catalog_holds_the_rungs_of_the_ladder() -> None:
    assert CATALOG.names == ("knowledge", "model", "precedent", "rules")
    assert {engine.kind for engine in CATALOG} == set(EngineKind)


def test_nothing_found_is_an_empty_diagnosis_that_keeps_its_evidence() -> None:
    read = evidence("alive", SHOP, 1)
    assert ranked(findings(read)) == Diagnosis(hypotheses=(), evidence=(read,))


def test_before_any_outcome_a_measurement_outranks_a_word() -> None:
    diagnosis = ranked(findings(evidence("lock_waiters", DB, 9), signals=(signal("HighLatency"),)))
    assert [one.cause for one in diagnosis.hypotheses] == ["lock_pileup", "high_latency"]


def test_a_current_measurement_outranks_one_verified_outcome() -> None:
    diagnosis = ranked(findings(evidence("lock_waiters", DB, 9), known=(learned("stale_cache", verified=3),)))
    assert [(one.cause, one.measured) for one in diagnosis.hypotheses] == [
        ("lock_pileup", True),
        ("stale_cache", False),
    ]


def test_of_two_measured_causes_the_one_verified_before_is_first() -> None:
    both = (evidence("alive", SHOP, 0), evidence("lock_waiters", DB, 9))
    diagnosis = ranked(findings(*both, known=(learned("lock_pileup", verified=3, subject=DB),)))
    assert [one.cause for one in diagnosis.hypotheses] == ["lock_pileup", "process_down"]


def test_a_cause_that_explains_more_readings_goes_before_one_that_explains_some_of_them() -> None:
    ended = (evidence("alive", SHOP, 0), evidence("queue_length", DB, 300))
    named = (signal("CodingAgentDown"),)
    diagnosis = ranked(findings(*ended, signals=named))
    assert [one.cause for one in diagnosis.hypotheses][:2] == ["agent_crashed", "process_down"]
    verified = ranked(findings(*ended, signals=named, known=(learned("process_down", verified=3),)))
    assert [one.cause for one in verified.hypotheses][:2] == ["process_down", "agent_crashed"]


def told(*texts: str) -> tuple[Signal, ...]:
    return tuple(signal(text=text) for text in texts)


def unhealthy(text: str) -> Findings:
    """A workload of which two pods are not healthy, and what is said about that."""
    found = findings(evidence("unhealthy_parts", SHOP, 2), signals=told(text))
    return replace(found, subjects={SHOP: subject(SHOP, "kubernetes")})


def test_a_cause_that_is_told_goes_before_what_it_leads_to() -> None:
    diagnosis = ranked(findings(signals=(signal("KubePodCrashLooping"), *told("exit code 137"))))
    assert [one.cause for one in diagnosis.hypotheses] == ["memory_limit", "crash_loop"]
    verified = ranked(
        findings(
            signals=(signal("KubePodCrashLooping"), *told("exit code 137")), known=(learned("crash_loop", verified=3),)
        )
    )
    assert [one.cause for one in verified.hypotheses] == ["crash_loop", "memory_limit"]


def test_a_cause_that_no_reading_can_show_goes_before_a_shown_one_that_it_leads_to() -> None:
    diagnosis = ranked(unhealthy("exceeded quota: requests.cpu=2"))
    assert [(one.cause, one.measured) for one in diagnosis.hypotheses] == [
        ("quota_exceeded", False),
        ("part_failed", True),
    ]


def test_a_cause_that_its_own_reading_does_not_show_stays_behind_what_it_explains() -> None:
    told_of_an_agent = (signal("CodingAgentDown"),)
    half = ranked(findings(evidence("alive", SHOP, 0), signals=told_of_an_agent))
    assert [(one.cause, one.measured) for one in half.hypotheses] == [("process_down", True), ("agent_crashed", False)]


def test_a_general_cause_goes_behind_any_other_to_which_a_signal_points() -> None:
    assert "part_failed" not in CAUSES["wrong_host_name"].leads_to
    diagnosis = ranked(unhealthy("back-off: NXDOMAIN"))
    assert [one.cause for one in diagnosis.hypotheses] == ["wrong_host_name", "part_failed"]
    verified = replace(
        unhealthy("back-off: NXDOMAIN"), knowledge=findings(known=(learned("part_failed", verified=3),)).knowledge
    )
    assert ranked(verified).hypotheses[0].cause == "part_failed"


@pytest.mark.parametrize("found", list(itertools.permutations(["port_taken", "crash_loop", "rollout_stuck"])))
def test_causes_of_which_each_leads_to_the_next_are_in_that_order_however_they_were_found(found: list[str]) -> None:
    assert not CAUSES["port_taken"].leads_to
    named = [
        Hypothesis(
            cause=CauseName(one),
            subject=SHOP,
            confidence=0.5,
            engine=EngineKind.RULES,
            reasoning="a test",
            evidence=(f"cause:{one}",),
        )
        for one in found
    ]
    engine = Engine(name="told", kind=EngineKind.RULES, summary="What a test says.", propose=lambda _: named)
    assert [one.cause for one in rank(findings(), [engine]).hypotheses] == ["port_taken", "crash_loop", "rollout_stuck"]


def sure(found: Findings, **confidences: float) -> list[tuple[CauseName, float]]:
    """Return what is left of these confidences, in the order of the diagnosis."""
    first = ranked(found)
    causes = [replace(one, confidence=confidences.get(one.cause, 0.1)) for one in first.hypotheses]
    kept = kept_in_order(replace(first, hypotheses=tuple(causes)), first, found)
    return [(one.cause, one.confidence) for one in kept.hypotheses if one.cause in confidences]


def test_outcomes_of_an_engine_put_no_cause_before_one_that_explains_it() -> None:
    ended = findings(
        evidence("alive", SHOP, 0), evidence("queue_length", DB, 300), signals=(signal("CodingAgentDown"),)
    )
    assert sure(ended, agent_crashed=0.89, process_down=0.91) == [("agent_crashed", 0.91), ("process_down", 0.91)]
    looping = findings(signals=(signal("KubePodCrashLooping"), *told("exit code 137")))
    assert sure(looping, memory_limit=0.2, crash_loop=0.3) == [("memory_limit", 0.3), ("crash_loop", 0.3)]


def test_outcomes_put_a_cause_before_one_that_does_not_explain_it_or_that_no_reading_shows() -> None:
    ended = (evidence("alive", SHOP, 0), evidence("queue_length", DB, 300))
    remembered = (learned("process_down", verified=3),)
    found = findings(*ended, signals=(signal("CodingAgentDown"),), known=remembered)
    assert sure(found, agent_crashed=0.95, process_down=0.9) == [("process_down", 0.9), ("agent_crashed", 0.95)]
    over_quota = unhealthy("exceeded quota: requests.cpu=2")
    assert sure(over_quota, quota_exceeded=0.2, part_failed=0.9) == [("quota_exceeded", 0.2), ("part_failed", 0.9)]


def test_a_reading_that_can_only_refute_need_not_be_there() -> None:
    looping = (signal("KubePodCrashLooping"),)
    ended = ranked(findings(evidence("alive", SHOP, 0), signals=looping))
    assert [(one.cause, one.measured) for one in ended.hypotheses][:1] == [("crash_loop", True)]
    pods = replace(unhealthy("back-off restarting failed container"), evidence=())
    assert [(one.cause, one.measured) for one in ranked(pods).hypotheses] == [("crash_loop", False)]
    well = replace(pods, evidence=(evidence("unhealthy_parts", SHOP, 0),))
    assert ranked(well).hypotheses == ()


def test_a_reading_that_stands_for_another_is_enough_and_refutes_as_that_one_does() -> None:
    pods = unhealthy("back-off restarting failed container")
    for crashing, wanted in ((2, [("crash_loop", True)]), (0, [])):
        read = replace(pods, evidence=(*pods.evidence, evidence("crashing_parts", SHOP, crashing)))
        found = [(one.cause, one.measured) for one in ranked(read).hypotheses if one.cause == "crash_loop"]
        assert found == wanted


def test_a_cause_whose_remedy_kept_failing_is_last() -> None:
    known = (learned("stale_cache", verified=0, unverified=4),)
    diagnosis = ranked(findings(evidence("lock_waiters", DB, 9), known=known))
    assert [one.cause for one in diagnosis.hypotheses] == ["lock_pileup", "stale_cache"]


def test_two_engines_that_agree_give_one_hypothesis_with_both_reasons() -> None:
    diagnosis = ranked(findings(evidence("alive", SHOP, 0), signals=(signal("TargetDown"),)))
    [found] = diagnosis.hypotheses
    assert (found.cause, found.engine) == ("process_down", EngineKind.RULES)
    assert "TargetDown" in found.reasoning
    assert set(found.evidence) == {"alive:shop", "cause:process_down"}


def test_confidence_is_the_lower_bound_over_the_outcomes_of_signature_and_cause() -> None:
    diagnosis = ranked(findings(evidence("alive", SHOP, 0), known=(learned("process_down", verified=4, unverified=1),)))
    assert [one.confidence for one in diagnosis.hypotheses] == [beta_lower_bound(4, 1)]


def test_without_outcomes_nothing_is_claimed() -> None:
    [found] = ranked(findings(evidence("alive", SHOP, 0))).hypotheses
    assert found.confidence == beta_lower_bound(0, 0) < 0.05


HYPOTHESES = st.builds(
    lambda cause, confidence, strength, kind: Hypothesis(
        cause=CauseName(cause),
        subject=TargetName("t"),
        confidence=confidence,
        engine=kind,
        reasoning="r",
        strength=strength,
    ),
    st.sampled_from("abcdef"),
    st.sampled_from([0.1, 0.5, 0.9]),
    st.sampled_from(Strength),
    st.sampled_from(EngineKind),
)


@given(st.lists(HYPOTHESES, max_size=6))
def test_ranking_is_ordered_and_names_each_cause_once_for_any_hypotheses(proposed: list[Hypothesis]) -> None:
    engine = Engine(name="e", kind=EngineKind.RULES, summary="s", propose=lambda _: proposed)
    found = rank(findings(), [engine]).hypotheses
    assert sorted({one.cause for one in proposed}) == sorted(one.cause for one in found)
    for one, other in itertools.pairwise(found):
        assert (one.confidence, one.strength) >= (other.confidence, other.strength)


def test_the_order_of_engines_does_not_change_who_wins() -> None:
    given_findings = findings(evidence("alive", SHOP, 0), signals=(signal("TargetDown"),))
    one = rank(given_findings, [knowledge.DEFINITION, rules.DEFINITION])
    other = rank(given_findings, [rules.DEFINITION, knowledge.DEFINITION])
    assert [(h.cause, h.engine, h.reasoning) for h in one.hypotheses] == [
        (h.cause, h.engine, h.reasoning) for h in other.hypotheses
    ]
