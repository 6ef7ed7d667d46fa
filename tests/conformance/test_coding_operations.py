"""Every operation of the coding agent refuses wrong arguments, and gives a reason if it says no."""

import pytest

from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding import coding_operations
from grace_workers.foundation.errors import InputError, PermanentError
from tests.integration.coding.repositories import repository
from tests.unconfined import UnconfinedSandbox

OPERATIONS = coding_operations()
PYTEST = ["/usr/bin/python3", "-m", "pytest"]
NOWHERE = {"repo": "/nowhere/at/all", "test_command": PYTEST, "budget_s": 5.0}
CASES = {
    "describe": {},
    "extract_method": {"source": "x = 1\n", "first_line": 1, "last_line": 1, "name": "y"},
    "generate_tests": {"repo": "/nowhere/at/all", "module": "x", "python": "/usr/bin/python3", "budget_s": 5.0},
    "localise": NOWHERE,
    "refactor": {
        **NOWHERE,
        "intent": "extract_method",
        "targets": ["x.py::f"],
        "options": {"first_line": 1, "last_line": 1, "name": "g"},
        "gate": False,
    },
    "repair": NOWHERE,
}
NAMES = ["describe", "extract_method", "generate_tests", "localise", "refactor", "repair"]


def answer(name):
    operation = OPERATIONS[name]
    return operation.run(operation.arguments.read(CASES[name], "arguments"), workshop_in(UnconfinedSandbox()))


def test_every_operation_is_known_here():
    assert list(OPERATIONS.names) == NAMES == sorted(CASES)


@pytest.mark.parametrize("name", NAMES)
def test_an_argument_too_many_is_refused(name):
    with pytest.raises(InputError, match=r"arguments: .*surprise"):
        OPERATIONS[name].arguments.read({**CASES[name], "surprise": 1}, "arguments")


@pytest.mark.parametrize("name", [name for name in NAMES if CASES[name]])
def test_a_missing_argument_is_refused(name):
    first = next(iter(CASES[name]))
    with pytest.raises(InputError, match=f"arguments: {first}"):
        OPERATIONS[name].arguments.read({key: one for key, one in CASES[name].items() if key != first}, "arguments")


@pytest.mark.parametrize("name", [name for name in NAMES if "budget_s" in CASES[name]])
def test_a_number_in_quotes_is_refused(name):
    OPERATIONS[name].arguments.read_exactly(CASES[name], "arguments")
    with pytest.raises(InputError, match="arguments: budget_s: Input should be a valid number"):
        OPERATIONS[name].arguments.read_exactly({**CASES[name], "budget_s": "5"}, "arguments")


def test_an_option_in_quotes_is_refused():
    operation = OPERATIONS["refactor"]
    options = {"first_line": "1", "last_line": 1, "name": "g"}
    asked = operation.arguments.read_exactly({**CASES["refactor"], "options": options}, "arguments")
    with pytest.raises(InputError, match="options: first_line: Input should be a valid integer"):
        operation.run(asked, workshop_in(UnconfinedSandbox()))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "describe"])
def test_a_refusal_is_an_answer_with_a_code_and_a_sentence(name):
    told = answer(name)
    reasons = list(told["refused"].values()) if "refused" in told else [told["reason"]]
    for reason in reasons:
        assert reason["code"] in {"not_a_repository", "unsupported", "not_extractable"}
        assert len(reason["message"].split()) > 3


def test_describing_lists_what_is_offered_and_the_sandbox_in_use():
    told = answer("describe")
    assert told["operations"] == NAMES
    assert told["sandbox"] == "none"
    assert told["model"] is None


def test_without_a_sandbox_nothing_is_run_and_the_reason_says_what_is_missing(tmp_path):
    class Missing:
        level = "none"

        def start(self, argv, **_):
            raise PermanentError("nothing confines programs here")

    folder = repository(tmp_path / "repo", {"a.py": "x = 1\n"})
    operation = OPERATIONS["repair"]
    asked = operation.arguments.read({**NOWHERE, "repo": str(folder)}, "arguments")
    told = operation.run(asked, workshop_in(Missing()))
    assert told["reason"]["code"] == "sandbox"
    assert "nothing confines programs here" in told["reason"]["message"]
