from grace_workers.coding import CodingWork, coding_tasks
from tests.unit.coding.benches import bench

FILES = {"shop.py": "def f(x):\n    return x\n", "tests/test_shop.py": "def test():\n    pass\n"}


def worked(**arguments: object) -> CodingWork:
    task = coding_tasks()["optimise"]
    told: CodingWork = task.run(task.arguments.read(arguments, "arguments"), bench(FILES))
    return told


def test_a_file_that_is_not_there_or_holds_tests_is_refused() -> None:
    for one in ("other.py", "tests/test_shop.py::test"):
        work = worked(targets=[one])
        assert work.reason is not None
        assert work.reason.message == f"{one} is no Python file of the code in this repository."


def test_without_a_sandbox_nothing_runs() -> None:
    work = worked(targets=["shop.py"])
    assert work.reason is not None
    assert work.reason.message.startswith("The tests cannot be run: ")
