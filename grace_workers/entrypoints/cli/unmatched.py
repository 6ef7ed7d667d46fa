"""Signals that name no declared target, grouped by what they seem to mean, with what to put into `grace.yaml`."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from grace_workers.entrypoints.printable import one_line
from grace_workers.signals import TARGET_LABELS

NOTHING = "every stored signal names a declared target"
_NAMELESS = "no label names a target"
_MOST_GROUPS = 20
_MOST_NAMES = 3
_MOST_LABELS = 5
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def advice(found: Sequence[Mapping[str, Any]]) -> str:
    """Return the groups, largest first, each with a declaration to paste; kind and address are a guess."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for one in found:
        groups[_offered(one)].append(one)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    told = [_told(label, value, signals) for (label, value), signals in ordered[:_MOST_GROUPS]]
    rest = len(ordered) - len(told)
    return "\n\n".join([*told, *([f"and {rest} more groups; see them with --json"] if rest > 0 else [])]) or NOTHING


def _offered(signal: Mapping[str, Any]) -> tuple[str, str]:
    labels = signal["labels"]
    return next(((label, labels[label]) for label in TARGET_LABELS if labels.get(label)), ("", ""))


def _told(label: str, value: str, signals: Sequence[Mapping[str, Any]]) -> str:
    names = Counter(one_line(one["name"])[:200] for one in signals).most_common(_MOST_NAMES)
    counted = ", ".join(f"{name} x{count}" for name, count in names)
    head = f"{len(signals)} signal{'s' if len(signals) != 1 else ''}: {counted}"
    if not label:
        return f"# {head}\n# {_NAMELESS}{_others(signals)}: add the label grace_target to the alert's rule"
    return f"# {head}, by {label} {_quoted(value)}\n{_declaration(value)}"


def _others(signals: Sequence[Mapping[str, Any]]) -> str:
    """Return the labels that the signals have, one of which may say what is meant."""
    names = Counter(one_line(label)[:200] for one in signals for label in one["labels"]).most_common(_MOST_LABELS)
    return f" (labels: {', '.join(label for label, _ in names)})" if names else ""


def _declaration(value: str) -> str:
    lines = []
    name = value
    if not _NAME.fullmatch(value):
        name = re.sub(r"[^a-z0-9._]+", "-", value.casefold(), flags=re.ASCII).strip("-._")[:63] or "my-target"
        lines.append(f"# this is not a valid target name: add the label `grace_target: {name}` to the alert's rule")
    return "\n".join(
        [
            *lines,
            "targets:",
            f"  - name: {json.dumps(name)}",
            "    kind: http  # or process, postgres, files, ...: what it is",
            "    owner: external",
            f"    connection: {{url: {json.dumps(f'http://{name}')}}}",
        ]
    )


def _quoted(text: str) -> str:
    return json.dumps(one_line(text)[:200])
