"""Playbooks and plans in words, for people: what `explain` and `dry-run` show."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from grace_workers.actions import AnyPrimitive, Preview
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.duration import spelled
from grace_workers.playbooks.plan import Expectation, Plan, Step
from grace_workers.playbooks.playbook import SUBJECT, CallSpec, ConditionSpec, ExpectationSpec, OnFailure, Playbook


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and its lines."""

    title: str
    lines: tuple[str, ...]


def explain(playbook: Playbook, primitives: Catalog[AnyPrimitive]) -> tuple[Section, ...]:
    """Return what the playbook is for, does, expects and guards against."""
    return (
        Section(title="What", lines=_what(playbook)),
        Section(title="When", lines=_when(playbook)),
        Section(title="Params", lines=_params(playbook)),
        Section(title="Steps", lines=tuple(chain.from_iterable(_steps(playbook, primitives)))),
        Section(title="Must hold afterwards", lines=tuple(_expected(item) for item in playbook.expectations)),
        Section(title="Guards", lines=_guards(playbook)),
    )


def dry_run(plan: Plan, previews: Mapping[str, Preview | str]) -> tuple[Section, ...]:
    """Return what the plan would do; `previews` maps a step's id to its preview, or to why there is none."""
    steps = tuple(chain.from_iterable(_previewed(plan, index, previews) for index in range(len(plan.steps))))
    return (
        Section(title="Plan", lines=(f"{plan.playbook} on {plan.target}, domain {plan.domain}", plan.reason)),
        Section(title="Would change", lines=steps),
        Section(title="Must hold afterwards", lines=tuple(promise(item) for item in plan.expectations)),
    )


def promise(item: Expectation) -> str:
    """Return an expectation as a sentence."""
    factor = " times the reading before" if item.regression else ""
    text = f"{item.check} of {item.target} {item.operator} {item.bound:g}{factor} within {spelled(item.within)}"
    return text + (f", then for {spelled(item.hold)}" if item.hold else "")


def proviso(step: Step) -> str:
    """Return on what a step of a plan depends, as the end of a sentence about it."""
    if step.fallback_of is not None:
        return f", only if {step.fallback_of} fails"
    when = step.when
    told = [] if when is None else [f"{when.check} of {when.target} {when.operator} {when.bound:g}"]
    told += [f"{name} is answered {_shown(value)}" for name, value in step.if_answered.items()]
    rests = "" if step.wait is None else f", after {spelled(step.wait)}"
    asks = "" if step.ask is None else f", after a person answered: {step.ask.words}"
    return rests + asks + (f", only if {' and '.join(told)}" if told else "")


def _what(playbook: Playbook) -> tuple[str, ...]:
    mode = f"at least {playbook.mode}" if playbook.mode else "as its domain requires"
    if playbook.shadow:
        mode = "never asked for, because it is in shadow mode and does not act"
    state = "enabled" if playbook.enabled else "not enabled"
    return (
        playbook.description,
        f"version {playbook.version}, {state}, digest {playbook.digest[:12]}",
        f"touches {playbook.aspect}; approval: {mode}; budget {spelled(playbook.budget)}",
    )


def _when(playbook: Playbook) -> tuple[str, ...]:
    when = playbook.when
    lines = [f"the cause is {' or '.join(when.causes)}"]
    if when.target_kinds:
        lines.append(f"the target is a {' or '.join(when.target_kinds)}")
    lines += [f"the target has the label {key}={value}" for key, value in when.labels.items()]
    if when.min_confidence:
        lines.append(f"confidence is at least {when.min_confidence:g}")
    return tuple(lines)


def _params(playbook: Playbook) -> tuple[str, ...]:
    lines = []
    for name, param in playbook.params.items():
        need = "required" if param.required else "optional"
        default = "" if param.default is None else f", default {_shown(param.default)}"
        own = "" if param.label is None else f", or the target's label {param.label}"
        lines.append(f"{name} ({param.type}, {need}{default}{own}) {param.description}".rstrip())
    return tuple(lines)


def _steps(playbook: Playbook, primitives: Catalog[AnyPrimitive]) -> list[list[str]]:
    found = []
    for number, step in enumerate(playbook.steps, start=1):
        lines = [f"{number}. {step.id}: {_call(step, primitives[step.primitive])}"]
        if step.each is not None:
            lines.append(f"   on each target with {step.each}, {step.at_once or 1} at a time, until one fails")
        if step.wait is not None:
            lines.append(f"   waits {spelled(step.wait)} first")
        if step.when is not None:
            lines.append(f"   only if {_condition(step.when)}")
        if step.ask is not None:
            lines.append(f"   asks an {step.ask.role} first, for {spelled(step.ask.within)}: {step.ask.question}")
        lines += [f"   only if {name} is answered {_shown(value)}" for name, value in (step.if_answered or {}).items()]
        lines += _details(step, primitives[step.primitive])
        if step.fallback is not None:
            other = primitives[step.fallback.primitive]
            lines.append(f"   if it fails, {step.fallback.id}: {_call(step.fallback, other)}")
            lines += _details(step.fallback, other)
        found.append(lines)
    return found


def _call(call: CallSpec, primitive: AnyPrimitive) -> str:
    target = "the target" if call.target == SUBJECT else call.target
    return f"{primitive.name} on {target}: {primitive.summary}"


def _details(call: CallSpec, primitive: AnyPrimitive) -> list[str]:
    lines = [f"   {key} = {_shown(value)}" for key, value in call.params.items()]
    lines.append(f"   base risk {primitive.risk:g}, a second run is {primitive.repeat}")
    if primitive.irreversible:
        lines.append(f"   cannot be undone: {primitive.irreversible}")
    return lines


def _condition(when: ConditionSpec) -> str:
    target = "the target" if when.target == SUBJECT else when.target
    return f"{when.check} of {target} {when.operator} {when.bound} right before it"


def _expected(item: ExpectationSpec) -> str:
    target = "the target" if item.target == SUBJECT else item.target
    target += "" if item.each is None else f", for each with {item.each}"
    factor = " times the reading before" if item.regression else ""
    text = f"{item.id}: {item.check} of {target} {item.operator} {item.bound}{factor} within {spelled(item.within)}"
    text += f", then for {spelled(item.hold)}" if item.hold else ""
    return text + (f", where param {item.given} is given" if item.given else "")


def _guards(playbook: Playbook) -> tuple[str, ...]:
    guards = playbook.guards
    return (
        f"at least {spelled(guards.cooldown)} between two runs on one target",
        f"at most {guards.max_runs_per_hour} runs an hour on one target",
        *(("keeps the steps that are done when a later one fails",) if playbook.on_failure is OnFailure.KEEP else ()),
        f"stops after {guards.stop_after_ineffective} ineffective runs in a row and asks people",
    )


def _previewed(plan: Plan, index: int, previews: Mapping[str, Preview | str]) -> list[str]:
    step = plan.steps[index]
    head = f"{index + 1}. {step.id}: {step.primitive} on {step.target}{proviso(step)}"
    preview = previews.get(step.id, "no preview was made")
    if isinstance(preview, str):
        return [head, f"   {preview}"]
    blast = preview.blast
    touched = f"   touches {blast.count} {blast.unit}, {blast.share:.0%} of the target"
    return [head, *(f"   {change}" for change in preview.changes), touched]


def _shown(value: JsonValue) -> str:
    return value if isinstance(value, str) else repr(value)
