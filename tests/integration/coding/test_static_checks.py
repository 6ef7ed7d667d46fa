"""What the linter and the type checker of a repository say of a patch: in its own settings, against before."""

from contextlib import contextmanager

import pytest

from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding import Bench, ModelAnswer, undertake
from grace_workers.coding.baseline import Baseline, established
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.model.repairing import asked_for_patch
from grace_workers.coding.engines.repair.static_checks import StaticChecks, clean_first
from grace_workers.foundation.clock import SystemClock
from tests.integration.coding.repositories import COMMAND, repository, state
from tests.unconfined import UnconfinedSandbox
from tests.unit.coding.model.test_conversation import ScriptedModel

SETTINGS = '[tool.ruff.lint]\nselect = ["F", "E7"]\n\n[tool.mypy]\nstrict = true\n'
SHOP = "import os\n\n\ndef total(prices: list[int], discount: int) -> int:\n    return sum(prices) + discount\n"
TESTS = (
    "from shop import total\n\n\ndef test_total():\n    assert total([5, 6], 1) == 10\n    assert total([], 0) == 0\n"
)
RIGHT = SHOP.replace("+ discount", "- discount")
UNDEFINED = RIGHT.replace("    return", "    if discount == -999:\n        return nothing\n    return")
WRONG_TYPE = RIGHT.replace("    return", "    if discount == -999:\n        return 'x'\n    return")
UNTYPED = f"{RIGHT}\n\ndef more(x):\n    return x\n"


@contextmanager
def baseline_of(tmp_path, files):
    workshop = workshop_in(UnconfinedSandbox())
    place = repository(tmp_path / "repo", {"shop.py": SHOP, "tests/test_shop.py": TESTS, **files})
    deadline = Deadline.after(300.0, SystemClock())
    (tmp_path / "scratch").mkdir()
    found = established(workshop, workshop.open_repository(place), COMMAND, deadline, tmp_path / "scratch")
    assert isinstance(found, Baseline), found
    found.renew()
    yield found, deadline


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A repository that configures both tools; its suite runs once for all tests of it."""
    with baseline_of(tmp_path_factory.mktemp("strict"), {"pyproject.toml": SETTINGS}) as found:
        yield found


def edited(text):
    return {"shop.py": text.encode()}


def test_only_what_was_not_said_before_counts_by_the_settings_of_the_repository(strict):
    baseline, deadline = strict
    checks = StaticChecks(baseline, deadline)
    assert checks.added(edited(RIGHT)) is None
    assert checks.told() == ("ruff and mypy say nothing that they did not say before",)
    said = checks.added(edited(UNDEFINED))
    assert "ruff says what it did not say before: shop.py: F821 Undefined name `nothing`" in said
    assert "mypy says what it did not say before: shop.py: name-defined" in said
    assert checks.added(edited(WRONG_TYPE)).startswith("mypy says what it did not say before: shop.py: return-value")
    assert "no-untyped-def" in checks.added(edited(UNTYPED))
    assert "ruff says" in checks.added(edited("def total(:\n"))
    assert "new.py" in checks.added({"new.py": b"import os\n"})
    assert not (baseline.suite.folder / "new.py").exists()
    assert (baseline.suite.folder / "shop.py").read_text() == SHOP


def test_what_a_repository_does_not_configure_is_not_asked(tmp_path):
    with baseline_of(tmp_path, {"pyproject.toml": "[tool.other]\n"}) as (baseline, deadline):
        checks = StaticChecks(baseline, deadline)
        assert checks.added(edited(UNDEFINED)) is None
        assert checks.told() == ()


@pytest.mark.fleet
def test_a_tool_that_fails_is_told_and_left_out(tmp_path):
    with baseline_of(tmp_path, {"ruff.toml": "select = 7\n", "mypy.ini": "[mypy]\n"}) as (baseline, deadline):
        checks = StaticChecks(baseline, deadline)
        assert "mypy says" in checks.added(edited(WRONG_TYPE))
        assert checks.story == ["ruff fails or does not end in time here, so it was not asked"]
        assert "ruff" not in (checks.added(edited(UNDEFINED)) or "")


@pytest.mark.fleet
def test_a_module_with_the_name_of_a_tool_that_prints_without_end_is_left_out(tmp_path):
    endless = "import sys\n\nwhile '--version' not in sys.argv:\n    print('x' * 100_000)\n"
    with baseline_of(tmp_path, {"ruff.toml": "", "ruff.py": endless}) as (baseline, deadline):
        checks = StaticChecks(baseline, deadline)
        assert checks.added(edited(UNDEFINED)) is None
        assert checks.story == ["ruff fails or does not end in time here, so it was not asked"]
        assert deadline.left > 200


def test_a_patch_to_which_a_tool_objects_comes_after_the_others(strict):
    baseline, deadline = strict
    checks = StaticChecks(baseline, deadline)
    found = list(clean_first(checks, [WRONG_TYPE, RIGHT], edited))
    assert [(text, added is None) for text, added in found] == [(RIGHT, True), (WRONG_TYPE, False)]
    assert checks.story[0].startswith("a patch was put last, because mypy says")


def test_a_model_hears_what_its_patch_adds(strict):
    def block(text):
        return f"shop.py\n<<<<<<< SEARCH\n{SHOP}=======\n{text}>>>>>>> REPLACE\n"

    model = ScriptedModel([ModelAnswer(text=block(WRONG_TYPE)), ModelAnswer(text=block(RIGHT))])
    baseline, deadline = strict
    found = asked_for_patch(model, baseline, deadline, only=None, calls=())
    assert found.files == edited(RIGHT)
    assert "mypy says what it did not say before: shop.py: return-value" in model.asked[1][-1].text
    assert found.story[-1] == "ruff and mypy say nothing that they did not say before"


@pytest.mark.fleet
def test_the_report_of_a_repair_says_what_the_tools_say(tmp_path):
    place = repository(tmp_path / "repo", {"shop.py": SHOP, "tests/test_shop.py": TESTS, "pyproject.toml": SETTINGS})
    before = state(place)
    workshop = workshop_in(UnconfinedSandbox())
    repo = workshop.open_repository(place)
    work = undertake("fix_bug", {}, Bench(workshop=workshop, repository=repo, command=COMMAND, seconds=60.0, label="t"))
    assert work.files, work
    assert "ruff and mypy say nothing that they did not say before" in work.story
    assert state(place) == before
