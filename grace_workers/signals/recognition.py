"""What a signal's text says about its signature: the shape of its line among similar ones, or the family of its fault.

A signature is made from one text alone, so that it needs no state. Only many lines show which signatures are one kind
of line: `united` finds out, from the set of shapes and not from their order. A signature that joins others continues
under the name that was given first, and its own name stays valid as an alias.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.foundation.redaction import starred
from grace_workers.signals.signal import Signal, Signature
from grace_workers.signals.signature import form, mask
from grace_workers.signals.templates import TemplateMiner
from grace_workers.signals.tracebacks import fault_in

MOST_OF_A_CONTEXT = 1_000
MOST_SIGNATURES = 50_000
_LONGEST_SHAPE = 2_000
_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSignature:
    """A signature that was given, and its current name.

    `context` is the same for lines that may be of one kind: of one name, from one source. Either `shape` or
    `family` is empty, because a text is a line or a traceback.
    """

    signature: Signature
    known_as: Signature
    context: str = ""
    shape: str = ""
    family: str = ""


def recognition(signal: Signal) -> KnownSignature | None:
    """Return what to store about the signature of a signal that has a text, else None."""
    if not signal.text:
        return None
    text = starred(signal.text)
    fault = fault_in(text)
    if fault is not None:
        return KnownSignature(signature=signal.signature, known_as=signal.signature, family=fault.keys.family)
    readable = signal.signature.rpartition("~")[0]
    said = "\x1f".join((signal.source, mask(starred(signal.name)), readable))
    context = hashlib.sha256(said.encode(errors="backslashreplace")).hexdigest()[:_DIGITS]
    shape = form(text)[:_LONGEST_SHAPE]
    return KnownSignature(signature=signal.signature, known_as=signal.signature, context=context, shape=shape)


def united(known: Sequence[KnownSignature]) -> Sequence[KnownSignature]:
    """Return those of `known`, all of one context and in the order they were given, that have another name now."""
    miner = TemplateMiner()
    ids = [miner.learn(one.shape) for one in known]
    names: dict[str, Signature] = {}
    found: list[KnownSignature] = []
    for one, root in zip(known, miner.resolve(ids), strict=True):
        name = names.setdefault(root, one.known_as)
        if name != one.known_as:
            found.append(KnownSignature(signature=one.signature, known_as=name, context=one.context, shape=one.shape))
    return found
