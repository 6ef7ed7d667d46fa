"""Whether a node's secrets may be trusted: present, strong, no default, closed to others. No secret comes in here.

The code that gathers the facts calls `weakness` on the value, at the edge, and passes on only the answer.
"""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SHORTEST = 12
FEWEST_KINDS = 6
_OPEN_TO_OTHERS = 0o077
_WELL_KNOWN_WORDS = """
admin administrator celery changeit changeme changethis database default demo development dummy example foobar grace
graceworkers guest iloveyou letmein master monkey mypassword mysecret nopassword pass passphrase passw passwd password
postgres postgresql production qwerty qwertyuiop qwertz rabbit rabbitmq redis replaceme root secret secretpassword
supersecret superuser test testing todo user valkey welcome xxx yourpassword
"""
_DISGUISE = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_FILLING = string.digits + string.punctuation + string.whitespace


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFacts:
    """What is known about one secret, without it. `where` is a setting or a path; `mend` says how to fix it.

    `weak` is the result of `weakness` for the value; None also for a value that no one chose, such as a key. `mode`
    holds the permission bits of its file, None if it is in none. `unreadable` says why the file could not be read.
    `optional` ones may be missing.
    """

    name: str
    where: str
    mend: str
    present: bool
    optional: bool = False
    weak: str | None = None
    mode: int | None = None
    unreadable: str | None = None


@dataclass(frozen=True, slots=True)
class SecretFault:
    """One secret that must not be trusted, why, and how to fix it."""

    name: str
    why: str
    mend: str

    def __str__(self) -> str:
        """Return it as a sentence."""
        return f"{self.name} {self.why}; {self.mend}"


def attest(facts: Sequence[SecretFacts]) -> Sequence[SecretFault]:
    """Return what is wrong with these secrets, at most one fault for each, in the order given."""
    return [SecretFault(one.name, why, one.mend) for one in facts if (why := _fault(one)) is not None]


def weakness(value: str, *, user: str = "") -> str | None:
    """Return why a chosen secret is weak, as the end of a sentence that does not show it; None if it is not.

    `user` is the name that the secret belongs to.
    """
    if _is_well_known(value, user):
        return "is a default or a name that attackers try first"
    if len(value) < SHORTEST:
        return f"is shorter than {SHORTEST} characters"
    if len(set(value)) < FEWEST_KINDS:
        return f"has fewer than {FEWEST_KINDS} different characters"
    if _is_run(value):
        return "is a run of neighbouring characters"
    return None


def _fault(one: SecretFacts) -> str | None:
    if one.unreadable is not None:
        return f"in {one.where} cannot be read: {one.unreadable}"
    if not one.present:
        return None if one.optional else f"is missing in {one.where}"
    if one.mode is not None and one.mode & _OPEN_TO_OTHERS:
        return f"in {one.where} is open to others (mode {one.mode & 0o777:04o})"
    return None if one.weak is None else f"in {one.where} {one.weak}"


def _is_well_known(value: str, user: str) -> bool:
    """Return whether it is a well-known word or the user's name, plain or disguised, once or twice."""
    plain = value.lower()
    spellings = {plain, plain.strip(_FILLING), plain.translate(_DISGUISE), plain.strip(_FILLING).translate(_DISGUISE)}
    spellings |= {"".join(letter for letter in one if letter.isalnum()) for one in spellings}
    spellings |= {one[: len(one) // 2] for one in spellings if one[: len(one) // 2] * 2 == one}
    # "123456" without digits is empty, which is as common as a word.
    known = set(_WELL_KNOWN_WORDS.split()) | ({user.lower()} if user else set()) | {""}
    return not spellings.isdisjoint(known)


def _is_run(value: str) -> bool:
    """Return whether nearly every character is the neighbour of the one before it, as in `abcdefgh12345678`."""
    steps = [ord(later) - ord(earlier) for earlier, later in pairwise(value)]
    return sum(abs(step) <= 1 for step in steps) > 0.75 * len(steps)
