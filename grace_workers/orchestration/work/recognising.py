"""Giving each signal with a text the signature by which the whole fleet knows that text.

A signature stays valid: it only ever becomes another name of an older one. All of it is in the store, so a new process
knows what the others know, and a transaction that is rolled back teaches nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.signatures import SignatureStore
from grace_workers.signals import (
    MOST_OF_A_CONTEXT,
    MOST_SIGNATURES,
    KnownSignature,
    Signal,
    Signature,
    recognition,
    united,
)

log = structlog.get_logger()


def recognised_in(tx: LineTransaction, signals: Sequence[Signal]) -> Sequence[Signal]:
    """Return the signals under the signatures by which their texts are known; learn new ones."""
    given = {one.signature for one in signals if one.text}
    if not given:
        return signals
    known = dict(tx[SignatureStore].known(given))
    new = {one.signature: one for one in signals if one.text and one.signature not in known}
    if new:
        known |= _learn(tx[SignatureStore], list(new.values()))
    return [
        replace(one, signature=name) if one.text and (name := known.get(one.signature, one.signature)) else one
        for one in signals
    ]


def _learn(store: SignatureStore, signals: Sequence[Signal]) -> Mapping[Signature, Signature]:
    found = [one for signal in signals if (one := recognition(signal)) is not None]
    store.lock()
    # Another transaction may have learnt them while this one waited.
    there = store.known({one.signature for one in found})
    fresh = [one for one in found if one.signature not in there]
    room = MOST_SIGNATURES - store.count()
    if room < len(fresh):
        log.warning("signatures_full", most=MOST_SIGNATURES, not_kept=len(fresh) - max(0, room))
        fresh = fresh[: max(0, room)]
    store.put(fresh)
    for context in _contexts(fresh):
        others = store.of_context(context)
        if len(others) <= MOST_OF_A_CONTEXT:
            store.put(united(others))
    return store.known({one.signature for one in found})


def _contexts(fresh: Sequence[KnownSignature]) -> Sequence[str]:
    return list(dict.fromkeys(one.context for one in fresh if one.context))
