"""A day of the language model: no questions together take more than its limits, whatever becomes of each."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from grace_workers.coding import ModelLimits, ModelMessage, ModelUse, Reservation, Speaker, estimated, reserve, settle
from tests.unit.coding.model.limits import LIMITS as USUAL

DAY = date(2026, 11, 30)
LIMITS = replace(USUAL, daily_tokens=10_000, daily_cost=0.01)


def held(use: ModelUse, limits: ModelLimits = LIMITS, *, sent: int = 1_000, wanted: int = 4_000):
    found = reserve(use, limits, sent=sent, wanted=wanted)
    assert not isinstance(found, str), found
    return found


def test_a_question_counts_as_the_most_that_it_may_take_until_it_is_settled():
    use, one = held(ModelUse(day=DAY))
    assert (use.tokens, use.pending_tokens, one.received) == (0, 5_000, 4_000)
    done = settle(use, one, LIMITS, sent=900, received=50)
    assert done == ModelUse(day=DAY, answers=1, tokens=950)


def test_a_question_that_the_model_did_not_take_costs_nothing():
    use, one = held(ModelUse(day=DAY))
    assert settle(use, one, LIMITS, sent=0, received=0) == ModelUse(day=DAY)


def test_what_is_left_bounds_the_answer_and_too_little_is_refused_with_figures():
    use, one = held(ModelUse(day=DAY, tokens=7_000))
    assert one.received == 2_000
    refused = reserve(use, LIMITS, sent=1_000, wanted=4_000)
    assert refused == (
        "the question does not fit into the fleet's limits of a day: since midnight, UTC, 10000 of 10000 tokens "
        "(3000 of them by questions that have not ended) are used"
    )


def test_money_bounds_the_answer_too():
    priced = replace(LIMITS, price_sent=1.0, price_received=4.0)
    use, one = held(ModelUse(day=DAY, cost=0.005), priced)
    assert (one.received, one.cost) == (1_000, 0.005)
    refused = reserve(use, priced, sent=10, wanted=4_000)
    assert isinstance(refused, str)
    assert "0.0100 of 0.01 in money are used" in refused


def test_a_token_is_estimated_for_three_bytes_because_other_scripts_have_more_tokens_than_letters():
    assert estimated([ModelMessage(Speaker.USER, "x" * 300)]) == 108
    assert estimated([ModelMessage(Speaker.USER, "\u65e5" * 300)]) == 308


_PRICES = st.floats(min_value=0, max_value=50)


@given(
    limits=st.builds(
        lambda sent, received, tokens, cost: replace(
            LIMITS, price_sent=sent, price_received=received, daily_tokens=tokens, daily_cost=cost
        ),
        _PRICES,
        _PRICES,
        st.integers(1_000, 50_000),
        st.floats(min_value=0.001, max_value=2),
    ),
    steps=st.lists(st.tuples(st.integers(1, 4_000), st.integers(100, 8_000), st.integers(0, 3)), max_size=30),
)
def test_no_order_of_questions_answers_and_crashes_passes_the_limits(limits, steps):
    use = ModelUse(day=DAY)
    waiting: list[Reservation] = []
    for sent, wanted, ending in steps:
        found = reserve(use, limits, sent=sent, wanted=wanted)
        if not isinstance(found, str):
            use, one = found
            waiting.append(one)
        if waiting and ending:
            one = waiting.pop(0)
            share = {1: (0, 0), 2: (one.sent, one.received // 2), 3: (one.sent, one.received)}[ending]
            use = settle(use, one, limits, sent=share[0], received=share[1])
        assert use.tokens + use.pending_tokens <= limits.daily_tokens
        priced = limits.price_sent or limits.price_received
        assert not priced or use.cost + use.pending_cost <= limits.daily_cost + 1e-9
