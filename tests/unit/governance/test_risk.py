from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.actions import BlastRadius
from grace_workers.governance import History, risk, shipped_policy
from grace_workers.governance.risk import WEIGHTS
from grace_workers.playbooks import DEFAULT_MODES
from tests.unit.governance.kit import WEDNESDAY_NOON, facts, plan, traits

shares = st.floats(0, 1)


def score(wanted=None, known=None, now=WEDNESDAY_NOON):
    return risk(wanted or plan(), known or facts(), shipped_policy(), now).score


def test_every_part_is_shown_and_the_score_is_their_sum():
    found = risk(plan(), facts(), shipped_policy(), WEDNESDAY_NOON)
    assert [part.name for part in found.parts] == list(WEIGHTS)
    assert found.score == pytest.approx(sum(part.value for part in found.parts))
    assert all(part.why for part in found.parts)


def test_the_weights_add_up_to_one():
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_missing_facts_give_the_worst_risk():
    blind = facts(steps=None, history=None)
    assert score(plan(domain=list(DEFAULT_MODES)[-1], confidence=0), blind, WEDNESDAY_NOON + timedelta(hours=12)) == 1


@given(
    steps=st.lists(st.builds(traits, risk=shares, reversible=st.booleans()), max_size=4),
    confidence=shares,
    runs=st.integers(0, 50),
    verified=st.integers(0, 50),
    streak=st.integers(0, 10),
    hours=st.integers(0, 200),
)
def test_the_score_lies_between_zero_and_one(steps, confidence, runs, verified, streak, hours):
    past = History(runs=runs, verified=verified, ineffective_streak=streak)
    found = score(
        plan(confidence=confidence), facts(steps=tuple(steps), history=past), WEDNESDAY_NOON + timedelta(hours=hours)
    )
    assert 0 <= found <= 1


@given(one=shares, other=shares)
def test_a_riskier_step_never_lowers_the_score(one, other):
    low, high = sorted((one, other))
    scores = [score(known=facts(steps=(traits(risk=value),))) for value in (low, high)]
    assert scores[0] <= scores[1]


@given(more=shares)
def test_a_further_step_never_lowers_the_score(more):
    assert score(known=facts(steps=(traits(), traits(risk=more)))) >= score()


@given(one=shares, other=shares)
def test_a_surer_cause_never_raises_the_score(one, other):
    low, high = sorted((one, other))
    assert score(plan(confidence=high)) <= score(plan(confidence=low))


@given(one=shares, other=shares)
def test_a_wider_blast_never_lowers_the_score(one, other):
    def of(share):
        return score(known=facts(steps=(traits(blast=BlastRadius(count=1, unit="row", share=share)),)))

    low, high = sorted((one, other))
    assert of(low) <= of(high)


@given(runs=st.integers(0, 40), verified=st.integers(0, 40), streak=st.integers(0, 9))
def test_a_verified_run_never_raises_and_a_miss_never_lowers_the_score(runs, verified, streak):
    verified = min(verified, runs)
    past = History(runs=runs, verified=verified, ineffective_streak=streak)
    now = score(known=facts(history=past))
    assert score(known=facts(history=replace(past, runs=runs + 1, verified=verified + 1, ineffective_streak=0))) <= now
    assert score(known=facts(history=replace(past, runs=runs + 1, ineffective_streak=streak + 1))) >= now


def test_an_ineffective_streak_weighs_more_than_an_old_good_record():
    past = History(runs=10, verified=8)
    assert score(known=facts(history=replace(past, ineffective_streak=2))) > score(known=facts(history=past))


def test_a_stricter_domain_never_lowers_the_score():
    scores = [score(plan(domain=domain)) for domain in DEFAULT_MODES]
    assert scores == sorted(scores)


def test_what_cannot_be_taken_back_and_what_is_done_at_night_is_riskier():
    assert score(known=facts(steps=(traits(reversible=True),))) < score()
    assert score() < score(now=WEDNESDAY_NOON + timedelta(hours=12))
    assert score() < score(now=WEDNESDAY_NOON + timedelta(days=3))
