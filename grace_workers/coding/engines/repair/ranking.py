"""Which plausible patch is right: patches that behave alike count together, and smaller changes count more.

A patch that passes the tests is plausible; inputs that no test gives distinguish plausible patches. The more of the
likely edits lead to one behaviour, the more likely it is the intended one.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grace_workers.coding.engines.repair.candidates import Candidate

Behaviours = Mapping[int, Sequence[str]]

_FIRST = re.compile(r"[A-Za-z_]+")
_DIGITS = str.maketrans("0123456789-", "0" * 11)
_WORSENED = 0.1
"""The factor of a behaviour that fails, or takes too long, where the original code and another patch answer."""
_REWROTE = 0.3
"""The factor of a behaviour that changes answers, where another one mends every failure and changes none."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A plausible patch; `share` is the likelihood of its behaviour among all that were found."""

    candidate: Candidate
    share: float


def rank(plausible: Sequence[Candidate], behaviours: Behaviours, original: Sequence[str]) -> list[Ranked]:
    """Return one patch of each behaviour, likeliest behaviour first, then the others."""
    if not original:
        behaviours = {}  # no input was recorded, so nothing is known to behave alike
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number in range(len(plausible)):
        groups[tuple(behaviours.get(number, (str(number),)))].append(number)
    mended = any(_only_mends(told, original) for told in groups)
    weights = {
        told: sum(plausible[number].likely for number in members)
        * _sound(told, original, groups)
        * (_REWROTE if mended and _rewrites(told, original) else 1.0)
        for told, members in groups.items()
    }
    total = sum(weights.values()) or 1.0
    first: list[Ranked] = []
    rest: list[Ranked] = []
    for told in sorted(groups, key=lambda told: (-weights[told], groups[told][0])):
        members = sorted(groups[told], key=lambda number: (_size(plausible[number]), -plausible[number].likely))
        best = max(groups[told], key=lambda number: plausible[number].likely / _size(plausible[number]))
        share = weights[told] / total
        first.append(Ranked(plausible[best], share))
        rest.extend(Ranked(plausible[number], share) for number in members if number != best)
    return [*first, *rest]


def _sound(told: Sequence[str], original: Sequence[str], groups: Mapping[tuple[str, ...], object]) -> float:
    """Return a factor: lower for a behaviour that breaks where the original code, or another patch, does not."""
    if not told or len(told) != len(original):
        return 0.5
    broken = changed = strange = worsened = 0
    usual = {kind_of(one) for one in original if not one.startswith("!")}
    for number, (new, old) in enumerate(zip(told, original, strict=True)):
        breaks = new.startswith("!") and any(
            len(other) > number and not other[number].startswith("!") for other in groups
        )
        broken += breaks
        worsened += breaks and not old.startswith("!")
        strange += bool(usual) and not new.startswith("!") and kind_of(new) not in usual
        changed += new != old and not old.startswith("!")
    share = 1 / len(told)
    worse = _WORSENED if worsened else 1.0
    return worse * (1 - 0.8 * broken * share) * (1 - 0.3 * changed * share) * (1 - 0.9 * strange * share)


def _only_mends(told: Sequence[str], original: Sequence[str]) -> bool:
    """Return whether a behaviour answers wherever the original code failed, and otherwise as it did."""
    failed = any(old.startswith("!") for old in original)
    answers = len(told) == len(original) and not any(new.startswith("!") for new in told)
    return failed and answers and not _rewrites(told, original)


def _rewrites(told: Sequence[str], original: Sequence[str]) -> bool:
    """Return whether a behaviour changes what the original code answered."""
    return any(new != old and not old.startswith("!") for new, old in zip(told, original, strict=False))


def kind_of(outcome: str) -> str:
    """Return the kind of value an outcome begins with: its type, as far as the text shows it."""
    word = _FIRST.match(outcome)
    if word is not None and word.group() in {"True", "False"}:
        return "bool"
    return word.group() if word is not None else outcome[:1].translate(_DIGITS)


def _size(candidate: Candidate) -> float:
    """Return how much text the patch writes, for choosing the simplest of those that behave alike."""
    return 20.0 + sum(len(edit.text) for change in candidate.changes for edit in change.edits)
