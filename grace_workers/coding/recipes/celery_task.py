"""`celery_task`: a function of the code as a task of its Celery application, with retries and limits."""

from typing import Annotated

from pydantic import Field, StringConstraints

from grace_workers.coding.engines.recipe.insertion import made_by, module_name, plain_function
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.recipes.recipe import Recipe, RecipeFiles, Site
from grace_workers.coding.task import TaskType
from grace_workers.foundation.document import Document

_CODE = '''"""`{function}` as a task: passing failures are tried again; a worker that dies gives the message back."""

from typing import Any

from celery import shared_task

from {module} import {function}

PASSING = ({errors})


@shared_task(
    name="{name}",
    autoretry_for=PASSING,
    max_retries={retries},
    retry_backoff=True,
    retry_backoff_max={longest},
    retry_jitter=True,
    acks_late=True,
    reject_on_worker_lost=True,
    soft_time_limit={limit},
    time_limit={hard},
)
def {task}(*args: Any, **kwargs: Any) -> Any:
    """Call `{function}`. It may run twice, after a worker died, so it must be harmless to repeat."""
    return {function}(*args, **kwargs)
'''
_TESTS = '''import pytest

from {app_module} import {app}
from {tasks} import PASSING, {task}


def calls(monkeypatch, *results):
    """Have these results, or exceptions, in turn; return what the function was called with."""
    seen, pending = [], iter(results)

    def instead(*args, **kwargs):
        seen.append((args, kwargs))
        result = next(pending)
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr("{tasks}.{function}", instead)
    return seen


def test_the_application_knows_the_task():
    assert "{name}" in {app}.tasks


def test_the_function_gets_what_the_task_gets(monkeypatch):
    seen = calls(monkeypatch, "result")
    assert {task}.apply(args=(1, "two"), kwargs={{"three": 3}}).get() == "result"
    assert seen == [((1, "two"), {{"three": 3}})]


@pytest.mark.parametrize("error", PASSING)
def test_a_passing_failure_is_tried_again(monkeypatch, error):
    seen = calls(monkeypatch, error("first"), error("second"), "result")
    assert {task}.apply().get() == "result"
    assert len(seen) == 3


def test_a_failure_that_does_not_pass_ends_after_{attempts}_attempts(monkeypatch):
    error = PASSING[0]
    seen = calls(monkeypatch, *[error("again")] * 50)
    with pytest.raises(error):
        {task}.apply().get()
    assert len(seen) == {attempts}


def test_a_mistake_is_not_tried_again(monkeypatch):
    seen = calls(monkeypatch, LookupError("no such thing"))
    with pytest.raises(LookupError):
        {task}.apply().get()
    assert len(seen) == 1


def test_a_message_is_acknowledged_after_the_work():
    assert {task}.acks_late
    assert {task}.reject_on_worker_lost
'''
_PASSING = ("ConnectionError", "TimeoutError")
ErrorName = Annotated[str, StringConstraints(pattern=r"^(ConnectionError|TimeoutError|OSError|BlockingIOError)$")]


class CeleryTaskOptions(Document):
    """`function` is `FILE::FUNCTION`, a function of a module. `retry_on` are built-in errors that may pass."""

    function: str = Field(min_length=4, max_length=500, pattern=r"\.py::[A-Za-z_][A-Za-z0-9_]*$")
    retry_on: tuple[ErrorName, ...] = Field(default=_PASSING, min_length=1, max_length=4)
    attempts: int = Field(default=5, ge=2, le=20)
    seconds: int = Field(default=60, ge=1, le=3600, description="how long one attempt may take")


def _write(options: CeleryTaskOptions, site: Site) -> RecipeFiles | Reason:
    places = made_by(site, "Celery")
    if len(places) != 1:
        found = ", ".join(one[0].file for one in places) or "none"
        words = f"One module must make the Celery application at its top level; found: {found}."
        return Reason(ReasonCode.NOT_FOUND, words)
    file, _, function = options.function.partition("::")
    home, _, app = places[0]
    named = plain_function(site, options.function)
    if isinstance(named, Reason):
        return named
    task_file = site.beside(home.file, f"{function.strip('_')}_task.py")
    tasks, task, name = module_name(task_file), f"{function.strip('_')}_task", f"{module_name(file)}.{function}"
    errors = ", ".join(options.retry_on) + ("," if len(options.retry_on) == 1 else "")
    facts = {
        "function": function, "module": module_name(file), "task": task, "tasks": tasks, "name": name, "errors": errors,
        "app": app, "app_module": module_name(home.file), "attempts": options.attempts, "retries": options.attempts - 1,
        "longest": 600, "limit": options.seconds, "hard": options.seconds + 10,
    }  # fmt: skip
    # The import comes last, because the task's module may import what imports the application.
    package, _, stem = tasks.rpartition(".")
    source = f"from {package} import {stem}" if package else f"import {stem}"
    known = f"{home.text.rstrip()}\n\n{source} as _{task}  # noqa: E402, F401 - the application must know its task\n"
    return RecipeFiles(
        new={task_file: _CODE.format(**facts)},
        changed={home.file: known},
        tests={site.test_file(task): _TESTS.format(**facts)},
        subject=f"Offer {function} of {file} as a Celery task",
        story=(
            f"the task {name} calls {function}",
            f"it is tried {options.attempts} times when it raises {', '.join(options.retry_on)}",
            f"after a worker's death {function} runs twice; that this is harmless was not proven",
        ),
    )


DEFINITION = Recipe(
    name="celery_task",
    about="a function as a task of the Celery application",
    task=TaskType.BUILD_FEATURE,
    options=CeleryTaskOptions,
    write=_write,
)
