"""Signals of the target that are new, or more frequent than in the week before."""

from collections.abc import Sequence
from datetime import timedelta

from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene
from grace_workers.orchestration.stores.signals import SignalFrequency

_RECENT, _BEFORE = timedelta(hours=1), timedelta(days=7)
_TIMES, _FEWEST = 3.0, 3


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the signals of the last hour, those that are unusual first."""
    with scene.line.ledger.transaction() as tx:
        found = tx.signals.frequencies(
            scene.target.name, since=scene.now - _RECENT, before=scene.now - _RECENT - _BEFORE, limit=MOST
        )
    return sorted(map(_fact, found), key=lambda one: not one.notable)


def _fact(one: SignalFrequency) -> DiagnosticFact:
    usual = one.earlier * (_RECENT / _BEFORE)
    if not one.earlier:
        note, notable = "new: not once in the 7 days before", True
    else:
        notable = one.recent >= _FEWEST and one.recent > _TIMES * usual
        note = f"{'more than usual' if notable else 'usual'}: {usual:.3g} an hour in the 7 days before"
    return DiagnosticFact(
        name="signals", value=one.recent, unit="in 1 h", about=one.signature, note=note, notable=notable
    )


DEFINITION = Diagnostic(
    name="signals", summary="Signals of the last hour that are new or more frequent than usual.", look=look
)
