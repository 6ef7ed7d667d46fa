from grace_workers.coding import coding_tasks
from tests.unit.coding.benches import bench


def test_an_unknown_recipe_is_refused_with_those_of_the_task() -> None:
    task = coding_tasks()["build_feature"]
    work = task.run(task.arguments.read({"recipe": "miracle"}, "arguments"), bench({"shop.py": "a = 1\n"}))
    assert work.reason is not None
    assert work.reason.message.startswith("There is no recipe 'miracle' for build_feature; there are: ")


def test_without_a_sandbox_nothing_of_the_code_runs() -> None:
    task = coding_tasks()["build_feature"]
    arguments = task.arguments.read({"recipe": "health_endpoint", "options": {}}, "arguments")
    work = task.run(arguments, bench({"shop.py": "from fastapi import FastAPI\n\napp = FastAPI()\n"}))
    assert work.reason is not None
    assert work.reason.code == "sandbox"
