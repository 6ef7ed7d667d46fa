import pytest

from grace_workers.entrypoints.cli.story import proviso

WHEN = {"check": "alive", "target": "shop", "operator": "==", "bound": 0.0}


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({}, ""),
        ({"wait": 300.0, "when": WHEN}, "300 s have passed, alive of shop == 0"),
        ({"wait": None, "when": WHEN}, "alive of shop == 0"),
        ({"fallback_of": "reload"}, "reload fails"),
        (
            {"ask": {"words": "Which way?"}, "if_answered": {"a.b": 1}},
            "a.b is answered 1, a person answers: Which way?",
        ),
    ],
)
def test_a_plan_says_on_what_each_step_depends(step: dict[str, object], words: str) -> None:
    assert proviso(step) == words
