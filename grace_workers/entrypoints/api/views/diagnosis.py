"""What the diagnostic suite found of a target."""

from typing import Self

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.diagnosing import DiagnosticReport


class DiagnosticFactView(View):
    """One fact: `name` is `value` in `unit`."""

    name: str
    value: JsonValue
    unit: str = Field(description="empty for a plain number, a ratio, a text or a list")
    about: str = Field(description="what it is a fact of; empty for the target itself")
    note: str
    notable: bool = Field(description="look at this first")


class DiagnosticLookView(View):
    """What one diagnostic found."""

    diagnostic: str
    facts: list[DiagnosticFactView]
    trouble: str | None = Field(description="why it found nothing; null when it could look")
    took: float = Field(description="seconds")


class DiagnosticReportView(View):
    """What all diagnostics that suit the target found."""

    target: str
    at: Moment
    took: float = Field(description="seconds")
    looks: list[DiagnosticLookView]

    @classmethod
    def of_report(cls, report: DiagnosticReport) -> Self:
        """Return the view of a report."""
        looks = [
            DiagnosticLookView.of(look, facts=[DiagnosticFactView.of(fact) for fact in look.facts])
            for look in report.looks
        ]
        return cls.of(report, looks=looks)
