"""An incident's story for people: what it is, why, what was done, and how it ended."""

import json
from typing import Any

from grace_workers.entrypoints.cli.diagnose import COLUMNS, rows_of
from grace_workers.entrypoints.cli.output import console, moment, say, say_json, span, styled, table


def tell(incident: dict[str, Any]) -> None:
    """Print the whole story."""
    out = console()
    out.print(styled(incident["title"], "bold"))
    out.print(styled(f"{incident['id']}  {incident['state']}  {incident['closing'] or ''}  on {incident['target']}"))
    out.print(styled(f"{incident['signals']} signals" if isinstance(incident["signals"], int) else _signals(incident)))
    if incident.get("part_of"):
        out.print(styled(f"part of incident {incident['part_of']}"))
    for title, columns, rows in _tables(incident):
        if rows:
            out.print()
            out.print(table(columns, rows, title=title))
    for report in incident.get("facts", ()):
        out.print()
        out.print(table(COLUMNS, rows_of(report), title=f"Facts of {report['target']} at {moment(report['at'])}"))
    for reason in incident["reasons"]:
        out.print(styled(f"· {reason}"))
    if incident.get("by_hand"):
        _show_by_hand(incident["by_hand"])


def _show_by_hand(given: dict[str, Any]) -> None:
    """Print what a person does; commands are not broken into lines, so that they can be copied."""
    out = console()
    out.print()
    out.print(styled(f"By hand, about {given['cause']} on {given['target']}", "bold"))
    if given["because"]:
        out.print(styled(f"No playbook acts: {given['because']}"))
    for number, one in enumerate(given["instructions"], 1):
        out.print(styled(f"{number}. {one['do']}"))
        if one["run"]:
            out.print(styled(f"   {one['run']}"), soft_wrap=True)


def show_happening(one: dict[str, Any], *, as_json: bool) -> None:
    """Print one line of the timeline."""
    if as_json:
        say_json(one)
    else:
        say(f"{moment(one['at'])}  {one['stage']:<11} {one['state']:<18} {span(one['took']):>9}  {one['headline']}")


def _signals(incident: dict[str, Any]) -> str:
    count = len(incident["signals"])
    return f"{count} signal{'' if count == 1 else 's'}, the first from {incident['signal']['source']}"


def _tables(incident: dict[str, Any]) -> list[tuple[str, tuple[str, ...], list[tuple[Any, ...]]]]:
    diagnosis, plan, granted = incident["diagnosis"] or {}, incident["plan"] or {}, incident["granted"] or {}
    risk = (granted.get("risk") or {}).get("parts", [])
    hypotheses = [
        (one["cause"], f"{one['confidence']:.2f}", one["engine"], one["reasoning"])
        for one in diagnosis.get("hypotheses", [])
    ]
    planned = [
        (one["index"] + 1, one["primitive"], one["target"], json.dumps(one["params"]), proviso(one))
        for one in plan.get("steps", [])
    ]
    answers = [
        (answer["by"], answer["role"], "yes" if answer["approved"] else "no", answer["reason"], moment(answer["at"]))
        for asked in incident["approvals"]
        for answer in asked["answers"]
    ]
    steps = [
        (one["index"] + 1, one["step"], one["state"], (one["outcome"] or {}).get("detail", ""))
        for one in incident["steps"]
    ]
    timeline = [
        (moment(one["at"]), one["stage"], one["state"], span(one["took"]), one["headline"])
        for one in incident["timeline"]
    ]
    members = [
        (one["id"], one["target"], "waits" if one["parked"] else one["state"], one["signals"], one["title"])
        for one in incident.get("members", ())
    ]
    return [
        ("Leads", ("id", "target", "state", "signals", "title"), members),
        ("Causes", ("cause", "confidence", "engine", "reasoning"), hypotheses),
        (f"Plan: {plan.get('playbook', '')}", ("#", "primitive", "target", "params", "only if"), planned),
        ("Risk", ("part", "value", "why"), [(one["name"], f"{one['value']:.3f}", one["why"]) for one in risk]),
        ("Approvals", ("by", "role", "answer", "reason", "at"), answers),
        ("Steps", ("#", "step", "state", "outcome"), steps),
        ("Timeline", ("at", "stage", "state", "took", "what"), timeline),
    ]


def proviso(step: dict[str, Any]) -> str:
    """Return on what a step depends; an API of an earlier release does not tell."""
    when, fallback_of = step.get("when"), step.get("fallback_of")
    if fallback_of:
        return f"{fallback_of} fails"
    told = [f"{step['wait']:g} s have passed"] if step.get("wait") else []
    told += [f"{when['check']} of {when['target']} {when['operator']} {when['bound']:g}"] if when else []
    told += [f"{name} is answered {value}" for name, value in step.get("if_answered", {}).items()]
    return ", ".join([*told, *([f"a person answers: {step['ask']['words']}"] if step.get("ask") else [])])
