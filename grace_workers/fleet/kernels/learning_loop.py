"""The learning loop: outcomes change the record, a success for the better, a failure for the worse."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from grace_workers.diagnosis import Knowledge
from grace_workers.fleet.kernel import Kernel, Limited, Readiness, Ready, Tier, Unready
from grace_workers.fleet.probe import ModelFacts, Probe
from grace_workers.foundation.ids import IncidentId, TargetName, uuid7
from grace_workers.learning import FEWEST, Ending, Episode, TrackRecord, confidence, lesson, update
from grace_workers.signals import Signature

_AT = datetime(2026, 1, 7, 12, tzinfo=UTC)
_EMPTY = TrackRecord(playbook="self_test", signature="sample~00000000")


def _readiness(probe: Probe) -> Readiness:
    faults = list(_faults())
    if faults:
        return Unready("; ".join(faults))
    tracks, model = probe.records.tracks(), probe.records.model()
    wrong = [
        f"{one.playbook} on {one.signature}" for one in tracks if not 0 <= confidence(one) <= 1 or _impossible(one)
    ]
    if wrong:
        return Unready(f"track records contradict themselves: {', '.join(wrong[:5])}")
    seen = f"sample outcomes are learnt correctly; {len(tracks)} track records can be read; {_words(model)}"
    return (
        Ready(seen) if model.fault is None else Limited(seen, f"its newest model; an older one is used: {model.fault}")
    )


def _words(model: ModelFacts) -> str:
    if model.version:
        return f"model {model.version} of diagnosis, {model.outcomes} outcomes"
    return f"no model of diagnosis yet: {model.outcomes} of the {FEWEST} outcomes that it takes"


def _faults() -> Iterator[str]:
    good, bad, open_ = _episode(Ending.VERIFIED), _episode(Ending.FAILED), _episode(Ending.INCONCLUSIVE)
    once = update(_EMPTY, good)
    if not confidence(once) > confidence(_EMPTY):
        yield "a verified outcome does not raise the confidence in a playbook"
    if not confidence(update(once, bad)) < confidence(once):
        yield "a failed outcome does not lower the confidence in a playbook"
    if confidence(update(once, open_)) != confidence(once):
        yield "an inconclusive outcome changes the confidence in a playbook"
    if update(once, _episode(Ending.INEFFECTIVE)).streak != 1:
        yield "an ineffective outcome does not count as a failure"
    learnt = lesson(good, Knowledge())
    found = () if learnt is None else Knowledge().learned(learnt.after).exact(Signature(good.signature), good.target)
    if not found:
        yield "a verified outcome is not found as knowledge afterwards"


def _impossible(one: TrackRecord) -> bool:
    return (
        min(one.verified, one.ineffective, one.failed, one.inconclusive) < 0
        or one.streak > one.ineffective + one.failed
    )


def _episode(ending: Ending) -> Episode:
    return Episode(
        incident=IncidentId(uuid7()),
        playbook=_EMPTY.playbook,
        playbook_digest="0" * 64,
        signature=_EMPTY.signature,
        cause="process_down",
        target=TargetName("sample"),
        ending=ending,
        restored=None,
        seconds=1.0,
        at=_AT,
    )


DEFINITION = Kernel(
    name="learning_loop",
    tier=Tier.KNOWLEDGE,
    needs=("database",),
    critical=False,
    host="healing",
    every=timedelta(seconds=30),
    readiness=_readiness,
)
