"""Templates that reach beyond their values: Python attributes behind a name, imports, code blocks."""

import re
from collections.abc import Iterator

from grace_workers.coding.hunter.hunter_rule import Danger, HunterRule
from grace_workers.coding.hunter.inspected import Inspected, TextKind

_LONGEST_LINE = 4_000
_REACHES = re.compile(
    r"\{\{[^{}]{0,200}(?:__|(?<!\.)\b(?:config|request|self|cycler|joiner|namespace|lipsum)\b|\|\s*attr\b)[^{}]{0,200}\}\}"
    r"|\{%[^{}]{0,200}\b(?:import|include|extends|call|set)\b[^{}]{0,200}%\}"
    r"|\$\{[^{}]{0,40}(?:jndi|ldap|rmi|script|T\(java)[^{}]{0,200}\}"
    r"|\{[a-z_]{0,40}(?:\.|\[)[^{}]{0,80}__(?:class|globals|init|mro|subclasses|builtins)__",
    re.IGNORECASE,
)


def _look(text: Inspected) -> Iterator[Danger]:
    for number, line in text.lines():
        if _REACHES.search(line[:_LONGEST_LINE]):
            yield number, "a template here reaches for what lies behind its values"


DEFINITION = HunterRule(
    name="template_escape",
    danger="A template that reaches for what lies behind its values: a class, a module, an address.",
    kinds=frozenset({TextKind.DECLARED}),
    look=_look,
    finds={
        "service: '{{ target.__class__.__mro__ }}'": TextKind.DECLARED,
        "service: '{{ namespace }}{{ config.SECRET }}'": TextKind.DECLARED,
        "text: '{% import os as os %}'": TextKind.DECLARED,
        "text: '${jndi:ldap://example.org/x}'": TextKind.DECLARED,
        "text: '{0.__globals__}{x.__class__}'": TextKind.DECLARED,
    },
    spares={
        "service: '{{ target.name }}'": TextKind.DECLARED,
        "path: '{{ params.path }}'": TextKind.DECLARED,
        "run: kubectl --namespace {{ signal.namespace }} get pods": TextKind.DECLARED,
        "home: ${HOME}": TextKind.DECLARED,
    },
)
