"""What the store of reports promises, in memory and PostgreSQL; and how often signals came, which a report tells."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.orchestration.diagnosing import DiagnosticLook, DiagnosticReport
from grace_workers.orchestration.diagnostics.diagnostic import DiagnosticFact
from grace_workers.orchestration.dossier import Fate, Receipt
from grace_workers.orchestration.stores.reports import ReportStore
from grace_workers.signals import Signature
from grace_workers.testing import FakeClock
from tests.builders import DATABASE, WEB, signal
from tests.conformance.line_worlds import World, clock, opened, world

__all__ = ["clock", "world"]

FACTS = (
    DiagnosticFact(name="memory", value=1 << 40, unit="bytes", about="shop (7)", note="n", notable=True),
    DiagnosticFact(name="listening", value=[8000, 8001]),
    DiagnosticFact(name="mean_time", value=None),
)


def test_the_newest_report_on_a_target_is_kept_for_each_incident(world: World, clock: FakeClock) -> None:
    about, other = opened(world, clock).incident.id, opened(world, clock).incident.id
    now = clock.now()
    looks = (DiagnosticLook(diagnostic="d", facts=FACTS, took=0.5), DiagnosticLook(diagnostic="e", trouble="t"))
    first = DiagnosticReport(target=WEB, at=now, took=0.5, looks=looks)
    newer, on_database = replace(first, at=now + timedelta(minutes=1)), replace(first, target=DATABASE)
    for report in (newer, first, on_database):
        with world.ledger.transaction() as tx:
            tx[ReportStore].keep(about, report)
    with world.ledger.transaction() as tx:
        assert list(tx[ReportStore].of_incident(about)) == [on_database, newer]
        assert list(tx[ReportStore].of_incident(other)) == []
        assert tx[ReportStore].newest(WEB, since=now) == newer
        assert tx[ReportStore].newest(WEB, since=now + timedelta(minutes=2)) is None


def test_signals_are_counted_by_signature_before_and_since(world: World, clock: FakeClock) -> None:
    receipt = Receipt(signal=signal(at=clock).id, fate=Fate.IGNORED, incident=None, reason="r")
    for name, target in (("a~1", WEB), ("b~1", WEB), ("a~1", WEB), ("c~1", DATABASE)):
        one = signal(target, at=clock, signature=Signature(name))
        with world.ledger.transaction() as tx:
            tx.signals.keep([(one, replace(receipt, signal=one.id))])
    with world.ledger.transaction() as tx:
        earlier, later = clock.now() - timedelta(days=1), clock.now() + timedelta(days=36_500)
        found = tx.signals.frequencies(WEB, since=earlier, before=earlier - timedelta(days=7), limit=9)
        assert [(one.signature, one.recent, one.earlier) for one in found] == [("a~1", 2, 0), ("b~1", 1, 0)]
        assert len(tx.signals.frequencies(WEB, since=earlier, before=earlier, limit=1)) == 1
        assert list(tx.signals.frequencies(WEB, since=later, before=earlier, limit=9)) == []
