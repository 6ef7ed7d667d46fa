"""The processes of a service or machine, and what each uses."""

from collections.abc import Sequence

from grace_workers.actions import RunningProcesses
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the number of processes, and memory and processor use of the largest."""
    running = scene.role(RunningProcesses)
    count = running.count()
    facts = [DiagnosticFact(name="processes", value=count, notable=count == 0)]
    for one in running.largest(MOST):
        who = f"{one.name} ({one.pid})"
        age = f"user {one.user}, {one.threads} threads, up {one.age.total_seconds():.0f} s"
        facts.append(DiagnosticFact(name="memory", value=one.memory, unit="bytes", about=who, note=age))
        facts.append(DiagnosticFact(name="processor", value=round(one.processor, 4), unit="processors", about=who))
    return facts


DEFINITION = Diagnostic(
    name="processes", summary="The largest processes: memory, processor, threads.", look=look, role=RunningProcesses
)
