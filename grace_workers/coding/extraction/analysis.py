"""Two analyses of a function's flow: which names are read later, and which are certainly bound."""

from collections.abc import Collection, Iterable

from grace_workers.coding.extraction.flow_graph import FlowStep


def live_before(steps: Collection[FlowStep]) -> dict[FlowStep, set[str]]:
    """Return per step the names that it or one of `steps` after it reads before they are rebound."""
    known = set(steps)
    live: dict[FlowStep, set[str]] = {step: set() for step in steps}
    before = _before(known)
    pending = list(steps)
    while pending:
        step = pending.pop()
        after = set().union(*(live[one] for one in step.after if one in known))
        faults = set().union(*(live[one] for one in step.faults if one in known))
        now = step.use.reads | (after - step.use.binds - step.use.unbinds) | faults
        if now != live[step]:
            live[step] = now
            pending += before[step]
    return live


def bound_before(
    steps: Collection[FlowStep], entries: Iterable[FlowStep], given: Iterable[str]
) -> dict[FlowStep, set[str]]:
    """Return per step the names that are certainly bound when it begins; unreachable steps are left out.

    The steps begin at `entries`, where `given` are bound.
    """
    known = set(steps)
    bound: dict[FlowStep, set[str]] = {}
    pending: list[tuple[FlowStep, set[str]]] = [(one, set(given)) for one in entries]
    while pending:
        step, arriving = pending.pop()
        now = bound[step] & arriving if step in bound else set(arriving)
        if step in bound and now == bound[step]:
            continue
        bound[step] = now
        leaving = bound_after(step, now)
        pending += [(one, leaving) for one in step.after if one in known]
        pending += [(one, now - step.use.unbinds) for one in step.faults if one in known]
    return bound


def bound_after(step: FlowStep, before: set[str]) -> set[str]:
    """Return the names that are certainly bound when the step ends."""
    return (before - step.use.unbinds) | (step.use.binds - step.use.unbinds)


def reachable(beginnings: Iterable[FlowStep]) -> set[FlowStep]:
    """Return the steps that can follow any of `beginnings`, at any distance."""
    found: set[FlowStep] = set()
    pending = [after for one in beginnings for after in (*one.after, *one.faults)]
    while pending:
        step = pending.pop()
        if step not in found:
            found.add(step)
            pending += [*step.after, *step.faults]
    return found


def _before(steps: set[FlowStep]) -> dict[FlowStep, list[FlowStep]]:
    found: dict[FlowStep, list[FlowStep]] = {step: [] for step in steps}
    for step in steps:
        for one in (*step.after, *step.faults):
            if one in found:
                found[one].append(step)
    return found
