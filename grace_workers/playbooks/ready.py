"""`ReadyPlan`: a plan as its proposer writes it, with fixed steps and nothing to choose, and its binding."""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import Field

from grace_workers.actions import AnyPrimitive, Aspect, Target
from grace_workers.checks import AnyCheck
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.duration import Duration
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.playbooks.bind import REQUESTED, Occasion, bind
from grace_workers.playbooks.crosscheck import object_to
from grace_workers.playbooks.library import Library
from grace_workers.playbooks.plan import Mode, Plan
from grace_workers.playbooks.playbook import (
    ExpectationSpec,
    GuardsSpec,
    Name,
    OnFailure,
    Playbook,
    Reference,
    StepSpec,
    When,
    Words,
    on_failure_default,
    span_default,
)

PREFIX = "plan:"
"""The prefix of a ready plan's playbook name; no playbook's name has a colon, so neither can pass for the other."""
_MOST_TOLD = 3


class ReadyPlan(Document):
    """A plan that is ready to be governed. `name` ties its runs together: their cooldown, rate and history.

    `target` is the target it is for, and the one its steps touch unless they name another. `mode` can only make it
    stricter than its domain, which also follows from the steps' own aspects and targets. `budget` is the time for
    everything. `values` are inserted where a step says `{{ binding.<name> }}`, and are not read as templates.
    """

    name: Name
    target: Reference
    reason: Words
    aspect: Aspect
    steps: tuple[StepSpec, ...] = Field(min_length=1, max_length=20)
    expectations: tuple[ExpectationSpec, ...] = Field(min_length=1, max_length=20)
    mode: Mode | None = None
    guards: GuardsSpec = GuardsSpec()
    budget: Duration = span_default("2m")
    on_failure: OnFailure = on_failure_default()
    values: dict[Name, JsonValue] = Field(default_factory=dict, max_length=30)


def bind_ready(
    ready: ReadyPlan,
    primitives: Catalog[AnyPrimitive],
    checks: Catalog[AnyCheck],
    targets: Mapping[TargetName, Target],
    *,
    incident: IncidentId,
    proposer: str,
) -> Plan:
    """Return the plan, with every step and expectation checked against primitives, checks and targets.

    Raises:
        InputError: something is unknown or does not fit; the message names the first faults.
    """
    what = f"plan {ready.name!r}"
    playbook = _as_playbook(ready)
    wrong = [one.message for one in object_to(playbook, primitives, checks)]
    if wrong:
        more = f"; and {len(wrong) - _MOST_TOLD} more" if len(wrong) > _MOST_TOLD else ""
        raise InputError(f"{what}: {'; '.join(wrong[:_MOST_TOLD])}{more}")
    occasion = Occasion(
        incident=incident,
        subject=TargetName(ready.target),
        proposer=proposer,
        reason=ready.reason,
        cause=REQUESTED,
        bindings=ready.values,
    )
    try:
        plan = bind(Library([playbook], primitives, checks), playbook.name, occasion, targets)
    except InputError as error:
        raise InputError(str(error).replace(f"playbook {ready.name!r}", what, 1)) from error
    return replace(plan, playbook=f"{PREFIX}{ready.name}")


def _as_playbook(ready: ReadyPlan) -> Playbook:
    return Playbook(
        name=ready.name,
        description=ready.reason,
        version=1,
        when=When(causes=(REQUESTED,)),
        aspect=ready.aspect,
        mode=ready.mode,
        steps=ready.steps,
        expectations=ready.expectations,
        guards=ready.guards,
        budget=ready.budget,
        on_failure=ready.on_failure,
    )
