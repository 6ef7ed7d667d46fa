from grace_workers.coding import coding_tasks
from tests.unit.coding.benches import bench

HEALING = {"cause": {"name": "jam", "summary": "it jams", "alerts": ["Jam"]}, "playbook": {"service": "till"}}


def refused(**arguments: object) -> str:
    task = coding_tasks()["both"]
    asked = task.arguments.read({**HEALING, **arguments}, "arguments")
    work = task.run(asked, bench({"shop.py": "from fastapi import FastAPI\n\napp = FastAPI()\n"}))
    assert work.reason is not None
    assert work.files == {}
    return str(work.reason.message)


def test_a_task_that_makes_no_code_to_watch_is_refused() -> None:
    assert refused(task="explain") == (
        "'explain' is no task that goes with healing; there are: build_feature, fix_bug, integrate."
    )


def test_arguments_of_the_code_that_do_not_fit_are_refused() -> None:
    assert refused(task="fix_bug", arguments={"colour": 1}).startswith("arguments of fix_bug: ")


def test_without_the_code_there_is_nothing_to_watch() -> None:
    assert refused(task="build_feature", arguments={"recipe": "miracle"}).startswith("There is no recipe 'miracle'")
