"""From YAML files to causes: every fault named with file, line and remedy."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from grace_workers.diagnosis.cause_crosscheck import Terms, object_to
from grace_workers.diagnosis.cause_file import Cause
from grace_workers.diagnosis.cause_library import Causes
from grace_workers.foundation.yaml_file import (
    FileFault,
    Inspect,
    SourceError,
    YamlFile,
    faults_of,
    inspected,
    misnamed,
    parse_source,
    read_folder,
    read_one,
)

_GRAMMAR = "docs/how-to/add-a-cause.md"

LEARNED_CAUSES = "learned-causes"
"""The name of the folder of accepted causes. It does not exist before the first one is accepted."""


def shipped_causes() -> Path:
    """Return the folder of the shipped causes."""
    return Path(__file__).parent / "causes"


def load_causes(paths: Sequence[Path], terms: Terms, inspect: Inspect | None = None) -> Causes:
    """Return all `*.yaml` of the folders; sub-folders are ignored.

    A cause of a later folder replaces one of the same name in an earlier folder, so a team can change what ships.
    `inspect` looks for dangers as well. An accepted cause with a fault is left out and logged: it had none when it was
    accepted, and what another release accepted must not keep a node from starting.

    Raises:
        SourceError: a file has a fault. It lists all faults of all files.
    """
    found: dict[str, Cause] = {}
    faults: list[FileFault] = []
    for path in needed_folders(paths):
        causes, wrong = read_folder(path, lambda source: inspected(_understand(source, terms), source, inspect))
        found.update((cause.name, cause) for cause in causes)
        if path.name == LEARNED_CAUSES:
            _leave_out(wrong)
        else:
            faults += wrong
    if faults:
        raise SourceError(tuple(faults))
    return Causes(found.values())


def _leave_out(faults: Sequence[FileFault]) -> None:
    import structlog  # most who enter this room load no causes, and it costs as much as the room

    for fault in faults:
        structlog.get_logger(__name__).warning(
            "learned_cause_left_out", file=fault.file, line=fault.line, fault=fault.message
        )


def needed_folders(paths: Sequence[Path]) -> Sequence[Path]:
    """Return the folders without that of accepted causes while it does not exist."""
    return [path for path in paths if path.name != LEARNED_CAUSES or path.exists()]


def lint_causes(path: Path, terms: Terms, inspect: Inspect | None = None) -> list[FileFault]:
    """Return every fault of the file, or of all causes of the folder, in order of file and line."""

    def understand(source: YamlFile) -> tuple[Cause | None, list[FileFault]]:
        return inspected(_understand(source, terms), source, inspect)

    return sorted(read_folder(path, understand)[1] if path.is_dir() else read_one(path, understand)[1])


def load_cause(text: str, name: str, terms: Terms, inspect: Inspect | None = None) -> Cause:
    """Return the cause in `text`; `name` is the name of its file, with the suffix. Raises SourceError."""
    source = parse_source(text.encode("utf-8", "surrogatepass"), name)
    cause, faults = inspected(_understand(source, terms), source, inspect)
    if cause is None or faults:
        raise SourceError(tuple(faults))
    return cause


def _understand(source: YamlFile, terms: Terms) -> tuple[Cause | None, list[FileFault]]:
    if not isinstance(source.value, dict):
        return None, [source.fault((), "is not a mapping; a cause starts with `name:`")]
    try:
        cause = Cause.model_validate(source.value)
    except ValidationError as error:
        return None, faults_of(source, error, _GRAMMAR)
    faults = [source.fault(found.place, found.message) for found in object_to(cause, terms)]
    faults += misnamed(source, cause.name)
    return (None if faults else cause), faults
