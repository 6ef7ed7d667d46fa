"""The sockets of a service's processes by state, and the ports that it listens on."""

from collections import Counter
from collections.abc import Sequence

from grace_workers.actions import RunningProcesses
from grace_workers.orchestration.diagnostics.diagnostic import Diagnostic, DiagnosticFact, DiagnosticScene

_PROCESSES = 50
# The other side has closed these, and the process has not.
_LEAK, _MANY = "close_wait", 20


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the sockets of the largest processes together."""
    uses = [one for one in scene.role(RunningProcesses).largest(_PROCESSES) if one.sockets is not None]
    states: Counter[str] = Counter()
    for one in uses:
        states.update(one.sockets or {})
    ports = sorted({port for one in uses for port in one.listening})
    listening = DiagnosticFact(name="listening", value=list(ports), unit="ports")
    return [
        *([listening] if uses else []),
        *(
            DiagnosticFact(name=state, value=count, unit="sockets", notable=state == _LEAK and count >= _MANY)
            for state, count in states.most_common()
        ),
    ]


DEFINITION = Diagnostic(
    name="sockets", summary="Sockets by state, and listening ports.", look=look, role=RunningProcesses
)
