"""When a database server started and read its configuration, and what waits for a restart."""

from collections.abc import Sequence
from datetime import timedelta

from grace_workers.actions import DatabaseActivity
from grace_workers.orchestration.diagnostics.diagnostic import Diagnostic, DiagnosticFact, DiagnosticScene

_LATELY = timedelta(days=1)


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return when the configuration took effect; a change within a day is notable."""
    said = scene.role(DatabaseActivity).settings()
    moments = (("server_started", said.started_at), ("configuration_read", said.loaded_at))
    facts = [
        DiagnosticFact(
            name=name,
            value=round((scene.now - at).total_seconds()),
            unit="s ago",
            note=f"{at:%Y-%m-%d %H:%M:%S} UTC",
            notable=scene.now - at < _LATELY,
        )
        for name, at in moments
    ]
    waits = DiagnosticFact(name="settings_waiting_for_restart", value=list(said.pending), notable=True)
    return [*facts, *([waits] if said.pending else [])]


DEFINITION = Diagnostic(
    name="database_settings",
    summary="When the server started and read its configuration.",
    look=look,
    role=DatabaseActivity,
)
