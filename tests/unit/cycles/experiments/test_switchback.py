from collections.abc import Sequence
from math import exp
from random import Random

import pytest

from grace_workers.cycles.experiments import Arm, BlockResult, Experiment, Trial, Turn, next_step

CALM = Experiment(before=tuple(exp(Random(n).gauss(0, 0.03)) for n in range(24)), seed=7)


def run(gain: float, *, seed: int = 1, noise: float = 0.03) -> tuple[Trial, list[BlockResult]]:
    """Run an experiment whose other setting makes the value smaller by `gain`."""
    chance, results = Random(seed), list[BlockResult]()
    while not (trial := next_step(CALM, results)).turn.ends:
        arm = Arm.OTHER if trial.turn is Turn.RUN_OTHER else Arm.PRESENT
        results.append(BlockResult(arm=arm, value=exp(chance.gauss(0, noise) - (gain if arm is Arm.OTHER else 0))))
    return trial, results


def arms(results: Sequence[BlockResult]) -> list[set[Arm]]:
    return [{one.arm for one in results[at : at + 2]} for at in range(0, len(results) - 1, 2)]


def test_a_clear_gain_is_selected_and_confirmed_on_fresh_pairs() -> None:
    trial, results = run(0.2)
    assert trial.turn is Turn.PROMOTE
    assert trial.reason == "8 fresh pairs confirm it"
    assert trial.confirmation is not None
    assert trial.confirmation.low > 0
    assert 0.15 < trial.effect.mean < 0.25
    assert len(results) <= 60


def test_a_regression_is_stopped_after_a_few_blocks() -> None:
    trial, results = run(-0.2)
    assert (trial.turn, trial.reason) == (Turn.STOP, "the other setting is surely worse")
    assert len(results) <= 6


def test_where_there_is_no_effect_it_ends_when_there_were_enough_pairs() -> None:
    trial, results = run(0.0)
    assert (trial.turn, trial.reason, len(results)) == (Turn.DROP, "no likely effect in 18 pairs", 36)


def test_each_pair_has_both_settings_in_random_order() -> None:
    _, results = run(0.0)
    assert arms(results) == [{Arm.PRESENT, Arm.OTHER}] * 18
    first = {one.arm for one in results[::2]}
    assert first == {Arm.PRESENT, Arm.OTHER}


def test_the_same_blocks_give_the_same_step() -> None:
    _, results = run(0.1)
    assert next_step(CALM, results[:9]) == next_step(CALM, results[:9])


def test_a_gain_that_fresh_pairs_do_not_show_is_dropped() -> None:
    chance, results = Random(1), list[BlockResult]()
    while not (trial := next_step(CALM, results)).turn.ends:
        arm = Arm.OTHER if trial.turn is Turn.RUN_OTHER else Arm.PRESENT
        selecting = trial.reason.startswith("selecting")
        gain = 0.2 if arm is Arm.OTHER and selecting else 0.0
        results.append(BlockResult(arm=arm, value=exp(chance.gauss(0, 0.03) - gain)))
    assert trial.turn is Turn.DROP
    assert trial.reason == "27 fresh pairs do not confirm it"


def test_blocks_that_were_not_due_or_say_nothing_are_refused() -> None:
    due = next_step(CALM, []).turn
    wrong = Arm.PRESENT if due is Turn.RUN_OTHER else Arm.OTHER
    with pytest.raises(ValueError, match="which was not due"):
        next_step(CALM, [BlockResult(arm=wrong, value=1.0)])
    right = Arm.OTHER if due is Turn.RUN_OTHER else Arm.PRESENT
    with pytest.raises(ValueError, match="must be above 0"):
        next_step(CALM, [BlockResult(arm=right, value=0.0)])


@pytest.mark.parametrize("before", [(1.0,) * 7, (1.0,) * 7 + (0.0,)])
def test_an_experiment_without_blocks_before_it_is_refused(before: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="needs 8 blocks before it"):
        Experiment(before=before, seed=1)
