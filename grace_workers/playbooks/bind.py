"""Binding a playbook to an occasion: every template resolved, every value checked, one plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from grace_workers.actions import AnyPrimitive, Domain, Target, domain_of
from grace_workers.diagnosis import Causes, Rule
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.playbooks.bind_calls import bound_expectations, bound_steps, declared
from grace_workers.playbooks.crosscheck import Bindings
from grace_workers.playbooks.domain import strictest
from grace_workers.playbooks.library import Library
from grace_workers.playbooks.param import fill
from grace_workers.playbooks.plan import Plan, Step
from grace_workers.playbooks.playbook import OnFailure, Playbook

REQUESTED = "requested"
"""The cause of a plan whose playbook a person named."""

FLEET = "grace"
"""The proposer of what the line itself has chosen."""


def given_bindings(causes: Causes, rules: Catalog[Rule]) -> Bindings:
    """Return the bindings that a diagnosis of each cause gives, by its measures, labels and rules.

    Playbooks that only people request are for the cause `requested`, which no diagnosis names.
    """
    inferred = [(rule.cause, name) for rule in rules for name in rule.binds]
    given = {one.name: {*one.bindings, *(name for cause, name in inferred if cause == one.name)} for one in causes}
    return {**given, REQUESTED: ()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a playbook is bound to: `subject` is the target to heal, `proposer` may not approve the plan.

    `bindings` come from the diagnosis, `params` from a person. A person who names a playbook vouches for the cause,
    so a request has the confidence 1. `measured`: readings show the cause. `trial`: the plan is only looked at, so
    a playbook in shadow mode may be bound.
    """

    incident: IncidentId
    subject: TargetName
    proposer: str
    reason: str
    cause: str = REQUESTED
    confidence: float = 1.0
    measured: bool = False
    bindings: Mapping[str, JsonValue] = field(default_factory=dict)
    params: Mapping[str, JsonValue] = field(default_factory=dict)
    trial: bool = False


def bind(library: Library, name: str, occasion: Occasion, targets: Mapping[TargetName, Target]) -> Plan:
    """Return the playbook `name` bound to `occasion`.

    Raises:
        NotFoundError: there is no such playbook.
        InputError: it is not enabled, it is in shadow mode and this is no trial, a param or target is missing or
            unknown, or a value is not accepted.
    """
    playbook = library[name]
    if not playbook.enabled:
        raise InputError(f"playbook {name!r} is not enabled; set `enabled: true` in its file")
    if playbook.shadow and not occasion.trial:
        raise InputError(f"playbook {name!r} is in shadow mode and never acts; take `mode: shadow` out of its file")
    if not occasion.proposer.strip():
        raise InputError(f"playbook {name!r}: a plan needs a proposer; name one")
    try:
        return _bind(library, playbook, occasion, targets)
    except InputError as error:
        raise InputError(f"playbook {name!r}: {error}") from error


def _bind(library: Library, playbook: Playbook, occasion: Occasion, targets: Mapping[TargetName, Target]) -> Plan:
    declared(occasion.subject, targets)
    scope = _scope(playbook, occasion, targets[occasion.subject])
    steps = bound_steps(playbook.steps, scope, library, targets)
    return Plan(
        incident=occasion.incident,
        playbook=playbook.name,
        playbook_digest=playbook.digest,
        aspect=playbook.aspect,
        domain=_domain(playbook, occasion.subject, steps, targets, library.primitives),
        mode=playbook.required,
        target=occasion.subject,
        steps=steps,
        expectations=bound_expectations(playbook.expectations, scope, library, targets),
        guards=playbook.guards.guards(),
        budget=playbook.budget,
        cause=occasion.cause,
        confidence=occasion.confidence,
        proposer=occasion.proposer,
        reason=occasion.reason,
        measured=occasion.measured,
        keeps=playbook.on_failure is OnFailure.KEEP,
    )


def _scope(playbook: Playbook, occasion: Occasion, subject: Target) -> dict[str, JsonValue]:
    scope: dict[str, JsonValue] = {"target": str(occasion.subject), "incident.id": str(occasion.incident)}
    scope.update({f"binding.{name}": value for name, value in occasion.bindings.items()})
    scope.update({f"label.{name}": value for name, value in subject.labels.items()})
    params = fill(playbook.params, occasion.params, scope)
    scope.update({f"params.{name}": value for name, value in params.items()})
    return scope


def _domain(
    playbook: Playbook,
    subject: TargetName,
    steps: tuple[Step, ...],
    targets: Mapping[TargetName, Target],
    primitives: Catalog[AnyPrimitive],
) -> Domain:
    own = domain_of(targets[subject].owner, playbook.aspect)
    return strictest(
        [own, *(domain_of(targets[step.target].owner, primitives[step.primitive].aspect) for step in steps)]
    )
