"""Whether the questions of a playbook can be asked and answered, and there is time for them and for what waits."""

from collections.abc import Iterator
from datetime import timedelta

from grace_workers.foundation.duration import spelled
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.yaml_file import Objection
from grace_workers.playbooks.param import Scalar, fit
from grace_workers.playbooks.playbook import Playbook, StepSpec


def object_to_questions(playbook: Playbook) -> Iterator[Objection]:
    """Yield what is wrong with the questions, and with the answers that steps depend on."""
    asked: dict[str, StepSpec] = {}
    for index, step in enumerate(playbook.steps):
        yield from _object_to_wait(index, step)
        if step.ask is not None:
            asked[step.id] = step
            yield from _object_to_question(index, step)
        for name, value in (step.if_answered or {}).items():
            why = _unanswerable(name, value, asked)
            if why is not None:
                yield Objection(("steps", index, "if_answered"), f"step {index + 1}, if_answered: {why}")
    waits = sum((step.ask.within for step in asked.values() if step.ask is not None), timedelta(0))
    waits += sum((step.wait for step in playbook.steps if step.wait is not None), timedelta(0))
    needed = waits + max(item.within + item.hold for item in playbook.expectations)
    if waits and playbook.budget < needed:
        short = f"budget {spelled(playbook.budget)} is too short for its waits, questions and expectations"
        yield Objection(("budget",), f"{short}; give {spelled(needed)}")


def _object_to_wait(index: int, step: StepSpec) -> Iterator[Objection]:
    place, label = ("steps", index, "wait"), f"step {index + 1}, wait"
    if step.wait is None:
        return
    if step.each is not None:
        yield Objection(place, f"{label}: a step with each waits for nothing; wait in a step before it")
    if step.wait <= timedelta(0):
        yield Objection(place, f"{label}: must be longer than 0s")


def _object_to_question(index: int, step: StepSpec) -> Iterator[Objection]:
    place, label = ("steps", index, "ask"), f"step {index + 1}, ask"
    if step.ask is None:
        return
    if step.each is not None:
        yield Objection(place, f"{label}: a step with each asks nothing; ask in a step before it")
    if step.ask.within <= timedelta(0):
        yield Objection((*place, "within"), f"{label}: within must be longer than 0s")
    for name, one in step.ask.answer.items():
        if one.templated or one.label is not None:
            message = f"{label}: field {name!r} has a template or a label; give a value, or none"
            yield Objection((*place, "answer", name), message)


def _unanswerable(name: str, value: Scalar, asked: dict[str, StepSpec]) -> str | None:
    step, _, field = name.partition(".")
    found = asked[step].ask if step in asked else None
    if found is None:
        return f"{step!r} is no step up to here that asks; name one that does"
    if field not in found.answer:
        return f"step {step!r} asks for no {field!r}; it asks for {', '.join(found.answer)}"
    try:
        fit(found.answer[field], value, name)
    except InputError as error:
        return str(error)
    return None
