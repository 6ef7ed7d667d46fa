"""How an experiment is drawn and put into words."""

import pytest

from grace_workers.entrypoints.dashboard.experiment import block_words, drawn, words

TOLD = {"present": 500, "other": 750, "gain": 0.1, "low": 0.05, "high": 0.4, "blocks": []}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "10.0% less time for a job; the change is surely between -40.0% and -5.0%"),
        ({"gain": -0.02, "low": None, "high": None}, "2.0% more time for a job, with no bounds yet"),
        ({"gain": None, "low": None, "high": None}, "no pair of blocks has ended yet"),
    ],
)
def test_an_effect_is_told_with_its_interval(changes, told):
    assert words({**TOLD, **changes}) == told


def test_blocks_are_bars_in_their_order_and_an_effect_never_leaves_its_axis():
    blocks = [{"other": False, "seconds": 2.0}, {"other": True, "seconds": 1.0}, {"other": True, "seconds": 2.0}]
    found = drawn({**TOLD, "blocks": blocks})
    assert [(bar.tone, bar.height) for bar in found.bars] == [("plain", 56.0), ("busy", 28.0), ("busy", 56.0)]
    assert found.effect is not None
    assert (found.effect.tone, found.effect.x, found.effect.x + found.effect.width) == ("good", 116.7, 200.0)
    assert block_words({**TOLD, "blocks": blocks}) == "1 with 500: 2.0 s, 2 with 750: 1.5 s"
    assert drawn({**TOLD, "low": None, "high": None}).effect is None
