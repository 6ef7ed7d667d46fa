"""Builders for diagnosis tests: a shop with its database, flags, logs and cache."""

from datetime import UTC, datetime
from typing import Any

from grace_workers.diagnosis import Evidence, Findings, Knowledge, KnowledgeEntry, Origin, Subject
from grace_workers.diagnosis.diagnosis import CauseName
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.signals import Incident, Severity, Signal, Signature
from tests.shipped_causes import CAUSES
from tests.targets import roles_of

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
SHOP, DB, FLAGS, LOGS = (TargetName(name) for name in ("shop", "shop-db", "shop-flags", "shop-logs"))


def subject(name: TargetName, kind: str, **more: Any) -> Subject:
    return Subject(name=name, kind=TargetKind(kind), roles=roles_of(TargetKind(kind)), **more)


SUBJECTS = {
    SHOP: subject(SHOP, "process", depends_on=(DB, FLAGS, LOGS)),
    DB: subject(DB, "postgres", labels={"tables": "orders, carts"}),
    FLAGS: subject(FLAGS, "flags"),
    LOGS: subject(LOGS, "files", depends_on=(SHOP,)),
}


def signal(name: str = "SomethingWrong", *, summary: str = "something", text: str | None = None) -> Signal:
    return Signal(
        source="plain",
        name=name,
        target=SHOP,
        severity=Severity.ERROR,
        summary=summary,
        text=text,
        signature=Signature("wrong~0"),
        delivery_key="k",
        observed_at=NOW,
    )


def incident(target: TargetName | None = SHOP) -> Incident:
    return Incident(
        target=target,
        signature=Signature("wrong~0"),
        severity=Severity.ERROR,
        title="wrong",
        opened_at=NOW,
        last_signal_at=NOW,
        updated_at=NOW,
    )


def evidence(kind: str, subject: TargetName, value: JsonValue, **params: JsonValue) -> Evidence:
    return Evidence(kind=kind, subject=subject, value=value, observed_at=NOW, source="test", params=params)


def learned(
    cause: str, *, verified: int, unverified: int = 0, subject: TargetName = SHOP, **more: object
) -> KnowledgeEntry:
    return KnowledgeEntry(
        id=f"learned:{cause}:{subject}",
        origin=Origin.LEARNED,
        cause=CauseName(cause),
        summary="learned in a test",
        signature=Signature("wrong~0"),
        target=SHOP,
        subject=subject,
        verified=verified,
        unverified=unverified,
        **more,
    )


def findings(*gathered: Evidence, signals: tuple[Signal, ...] = (), known: tuple[KnowledgeEntry, ...] = ()) -> Findings:
    return Findings(
        incident=incident(),
        signals=signals or (signal(),),
        evidence=gathered,
        knowledge=Knowledge(known),
        causes=CAUSES,
        subjects=SUBJECTS,
    )
