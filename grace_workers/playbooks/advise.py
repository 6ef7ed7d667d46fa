"""What a playbook that loads is still better without: branches never taken, restores that miss, proofs of nothing."""

from collections.abc import Collection, Iterator, Mapping

from grace_workers.actions import AnyPrimitive, Reversibility
from grace_workers.diagnosis import Causes
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.yaml_file import Objection
from grace_workers.playbooks.plan import Operator
from grace_workers.playbooks.playbook import SUBJECT, ConditionSpec, ExpectationSpec, OnFailure, Playbook
from grace_workers.playbooks.reach import excludes, implies

Shown = tuple[str, str, Operator, float]
"""A reading that shows a cause: the cause, the check, and the bound that the reading is within."""


def advise(
    playbook: Playbook, primitives: Catalog[AnyPrimitive], causes: Causes, roles: Mapping[str, Collection[str]]
) -> Iterator[Objection]:
    """Yield what a reader would point out. `roles` are those that a target of each kind may play.

    Bounds of causes are taken as they are written; the labels of a target may set others.
    """
    shown = _shown(playbook, causes)
    yield from _proofs_of_nothing(playbook, shown)
    yield from _never_taken(playbook, shown)
    yield from _kinds_without_role(playbook, primitives, roles)
    yield from _missing_restores(playbook, primitives)


def _shown(playbook: Playbook, causes: Causes) -> list[Shown]:
    found: list[Shown] = []
    for name in playbook.when.causes:
        cause = causes.get(name)
        for one in () if cause is None else cause.measures:
            if one.at_least is not None and not one.near:
                found.append((name, one.check, Operator.GE, one.at_least))
            elif one.at_most is not None and not one.near:
                found.append((name, one.check, Operator.LE, one.at_most))
    return found


def _proofs_of_nothing(playbook: Playbook, shown: list[Shown]) -> Iterator[Objection]:
    for index, item in enumerate(playbook.expectations):
        if not item.proves or not isinstance(item.bound, int | float):
            continue
        why = _met_before(item, shown)
        if why is not None:
            message = f"expectation {index + 1} is met before anything was done, because {why}"
            yield Objection(("expectations", index), f"{message}; change its bound, or mark it `proves: false`")


def _met_before(item: ExpectationSpec, shown: list[Shown]) -> str | None:
    if not isinstance(item.bound, int | float):
        return None
    if item.regression:
        met = implies(Operator.EQ, 1.0, item.operator, item.bound)
        return f"every reading is {item.operator} {item.bound:g} times itself" if met else None
    for cause, check, operator, bound in shown if item.target == SUBJECT and item.each is None else ():
        if check == item.check and implies(operator, bound, item.operator, item.bound):
            return f"{cause} shows in readings {operator} {bound:g}, all of which meet it"
    return None


def _never_taken(playbook: Playbook, shown: list[Shown]) -> Iterator[Objection]:
    for index, step in enumerate(playbook.steps):
        other = step.fallback
        same = (step.primitive, step.target, step.params)
        if other is not None and (other.primitive, other.target, other.params) == same:
            message = f"step {index + 1}, fallback does what has just failed; remove it"
            yield Objection(("steps", index, "fallback"), message)
    first = playbook.steps[0]
    if first.when is not None and first.each is None:
        why = _impossible(first.when, playbook, shown)
        if why is not None:
            yield Objection(("steps", 0, "when"), f"step 1 is never taken, because {why}; change its condition")


def _impossible(when: ConditionSpec, playbook: Playbook, shown: list[Shown]) -> str | None:
    """Return why the condition of the first step cannot be met: nothing has changed since the cause was found."""
    if not isinstance(when.bound, int | float) or when.target != SUBJECT:
        return None
    fitting = [one for one in shown if one[1] == when.check]
    every = {one[0] for one in fitting} == set(playbook.when.causes)
    if every and all(excludes(when.operator, when.bound, operator, bound) for _, _, operator, bound in fitting):
        cause, _, operator, bound = fitting[0]
        return f"{cause} shows in readings {operator} {bound:g}"
    proving = [one for one in playbook.expectations if one.proves]
    if all(_same(when, one) for one in proving):
        return "it holds only when every expectation that proves is already met"
    return None


def _same(when: ConditionSpec, item: ExpectationSpec) -> bool:
    """Return whether the condition implies the expectation."""
    if not isinstance(when.bound, int | float) or not isinstance(item.bound, int | float):
        return False
    alike = (when.check, when.target, when.params) == (item.check, item.target, item.params)
    plain = not item.regression and item.each is None
    return alike and plain and implies(when.operator, when.bound, item.operator, item.bound)


def _kinds_without_role(
    playbook: Playbook, primitives: Catalog[AnyPrimitive], roles: Mapping[str, Collection[str]]
) -> Iterator[Objection]:
    for index, kind in enumerate(playbook.when.target_kinds):
        for number, step in enumerate(playbook.steps, start=1):
            role = primitives[step.primitive].role.__name__
            own = step.target == SUBJECT and step.each is None
            if own and kind in roles and role not in roles[kind]:
                message = f"a target of kind {kind!r} never plays {role}, which step {number} needs"
                yield Objection(("when", "target_kinds", index), f"{message}; remove the kind")


def _missing_restores(playbook: Playbook, primitives: Catalog[AnyPrimitive]) -> Iterator[Objection]:
    if playbook.on_failure is OnFailure.KEEP:
        return
    for index, step in enumerate(playbook.steps[:-1]):
        primitive = primitives[step.primitive]
        if primitive.reversibility is Reversibility.IRREVERSIBLE:
            message = f"step {index + 1} cannot be undone ({primitive.irreversible})"
            remedy = f"and step {index + 2} may still fail; take it last, or give `on_failure: keep`"
            yield Objection(("steps", index), f"{message}, {remedy}")
