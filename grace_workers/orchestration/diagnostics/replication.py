"""How far the replicas of a database lag."""

from collections.abc import Sequence

from grace_workers.actions import DatabaseActivity
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene

_STREAMS = "streaming"


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the lag of each connected replica."""
    replicas = scene.role(DatabaseActivity).replicas(MOST)
    return [
        DiagnosticFact(name="replicas", value=len(replicas)),
        *(
            DiagnosticFact(
                name="lag",
                value=one.lag_bytes,
                unit="bytes",
                about=one.name,
                note=one.state + ("" if one.lag is None else f", {one.lag.total_seconds():.3g} s"),
                notable=one.state != _STREAMS,
            )
            for one in replicas
        ),
    ]


DEFINITION = Diagnostic(
    name="replication", summary="Connected replicas and how far they lag.", look=look, role=DatabaseActivity
)
