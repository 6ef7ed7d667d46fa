"""`finding.changed`: a cycle saw something for the first time, or no longer sees it."""

from collections.abc import Mapping

from grace_workers.cycles import KnownFinding
from grace_workers.foundation.document import Document
from grace_workers.foundation.redaction import redacted
from grace_workers.orchestration.events.topic import Topic


class FindingChanged(Document):
    """The finding, and whether it holds."""

    cycle: str
    finding: str
    title: str
    holds: bool
    figures: Mapping[str, float]
    proposal: str | None = None


DEFINITION = Topic(
    name="finding_changed",
    body=FindingChanged,
    key=lambda body: f"{body.cycle}:{body.finding}",
    about="A cycle found something, or what it found is over.",
)


def finding_changed(known: KnownFinding) -> FindingChanged:
    """Return the body for a finding that is new or over."""
    found = known.finding
    return FindingChanged(
        cycle=known.cycle,
        finding=redacted(found.key),
        title=redacted(found.title),
        holds=known.gone_at is None,
        figures=found.figures,
        proposal=None if found.proposal is None else redacted(found.proposal.what),
    )
