import pytest

from grace_workers.entrypoints.cli.code_refactor import _asked
from grace_workers.foundation.errors import InputError


@pytest.fixture
def plan(tmp_path):
    file = tmp_path / "steps.yaml"
    file.write_text("targets: [src/shop]\nsteps:\n  - {intent: improve_logging}\n")
    return file


def test_the_targets_of_a_plan_count_unless_others_are_given(plan):
    steps = [{"intent": "improve_logging"}]
    assert _asked(None, [], [], plan) == {"targets": ["src/shop"], "steps": steps}
    assert _asked("src/cart", ["src/till"], [], plan) == {"targets": ["src/cart", "src/till"], "steps": steps}


def test_an_option_beside_a_plan_is_refused(plan):
    with pytest.raises(InputError, match="write the options of a plan's steps in its file"):
        _asked(None, [], ["level=unsafe"], plan)
