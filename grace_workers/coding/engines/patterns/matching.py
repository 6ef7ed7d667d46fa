"""Matching: where a pattern fits in a suspicious function, and what it makes of it."""

import ast
from collections.abc import Iterator, Sequence

from grace_workers.coding.engines.localisation.evidence import SourceTree
from grace_workers.coding.engines.localisation.localise import Suspect
from grace_workers.coding.engines.patterns.generalising import filled, fitted
from grace_workers.coding.engines.patterns.mining import Pattern
from grace_workers.coding.engines.repair.candidates import Candidate, subject_of
from grace_workers.coding.engines.repair.subject import SubjectFunction
from grace_workers.coding.patch import FunctionChange

_FIRST, _MOST = 10.0, 300


def known_fixes(patterns: Sequence[Pattern], suspects: Sequence[Suspect], tree: SourceTree) -> list[Candidate]:
    """Return what the patterns make of the suspects, heaviest pattern first: before every other candidate."""
    total = sum(one.weight for one in patterns) or 1.0
    found: list[Candidate] = []
    for suspect in suspects:
        subject = subject_of(suspect, tree)
        if subject is None:
            continue
        for pattern in patterns:
            share = pattern.weight / total * suspect.score
            found += [
                Candidate((change,), ("pattern",), _FIRST + share, pattern.text, share)
                for change in _made(pattern, suspect, subject)
            ]
    return sorted(found, key=lambda one: (-one.score, one.function, one.changes[0].edits))[:_MOST]


def _made(pattern: Pattern, suspect: Suspect, subject: SubjectFunction) -> Iterator[FunctionChange]:
    for node in subject.nodes(type(pattern.before)):
        values = fitted(pattern.before, node)
        if values is None or (isinstance(node, ast.stmt) and not subject.alone(node)):
            continue
        text = filled(pattern.after, values)
        if "\n" not in text and text != subject.text(node):
            yield FunctionChange(suspect.file, suspect.function, (subject.replace(node, text),))
