"""How many files the processes of a service have open, and how many they may."""

from collections.abc import Sequence

from grace_workers.actions import RunningProcesses
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene

_NEARLY_ALL = 0.8


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the open files of the largest processes."""
    found = []
    for one in scene.role(RunningProcesses).largest(MOST):
        if one.open_files is None:
            continue
        near = bool(one.open_file_limit and one.open_file_limit > 0) and one.open_files >= _NEARLY_ALL * (
            one.open_file_limit or 0
        )
        note = "" if one.open_file_limit is None else f"of {one.open_file_limit} allowed"
        who = f"{one.name} ({one.pid})"
        found.append(DiagnosticFact(name="open_files", value=one.open_files, about=who, note=note, notable=near))
    return found


DEFINITION = Diagnostic(
    name="open_files",
    summary="Open files of the largest processes, and their limits.",
    look=look,
    role=RunningProcesses,
)
