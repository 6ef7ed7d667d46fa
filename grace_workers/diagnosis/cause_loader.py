"""From YAML files to causes: every fault named with file, line and remedy."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
    known = _names_in(paths)
    for path in needed_folders(paths):
        causes, wrong = read_folder(path, lambda source: inspected(_understand(source, terms, known), source, inspect))
        found.update((cause.name, cause) for cause in causes)
        if path.name == LEARNED_CAUSES:
            _leave_out(wrong)
        else:
            faults += wrong
    faults += _circles(found)
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
    known = _names_in([shipped_causes(), path if path.is_dir() else path.parent])

    def understand(source: YamlFile) -> tuple[Cause | None, list[FileFault]]:
        return inspected(_understand(source, terms, known), source, inspect)

    if not path.is_dir():
        return sorted(read_one(path, understand)[1])
    causes, faults = read_folder(path, understand)
    return sorted([*faults, *_circles({cause.name: cause for cause in causes})])


def load_cause(text: str, name: str, terms: Terms, inspect: Inspect | None = None) -> Cause:
    """Return the cause in `text`; `name` is the name of its file, with the suffix. Raises SourceError."""
    source = parse_source(text.encode("utf-8", "surrogatepass"), name)
    cause, faults = inspected(_understand(source, terms, _names_in([shipped_causes()])), source, inspect)
    if cause is None or faults:
        raise SourceError(tuple(faults))
    return cause


def _names_in(paths: Iterable[Path]) -> Collection[str]:
    """Return the names of the causes in the folders; a file is named after its cause."""
    return {file.stem for path in paths for file in path.glob("*.yaml")}


def _circles(causes: Mapping[str, Cause]) -> Iterator[FileFault]:
    """Yield a fault for each cause that leads to itself by way of others."""
    for name in causes:
        way = _way_back(name, causes)
        if way:
            told = " -> ".join(way)
            yield FileFault(f"{name}.yaml", 1, f"leads to itself: {told}; remove one of these from a `leads_to`")


def _way_back(name: str, causes: Mapping[str, Cause]) -> Sequence[str]:
    """Return the shortest way from a cause to itself, with both ends; empty if there is none."""
    ways, seen = [[name]], set[str]()
    for way in ways:
        for effect in causes[way[-1]].leads_to if way[-1] in causes else ():
            if effect == name:
                return [*way, name]
            if effect not in seen:
                seen.add(effect)
                ways.append([*way, effect])
    return ()


def _understand(source: YamlFile, terms: Terms, known: Collection[str]) -> tuple[Cause | None, list[FileFault]]:
    if not isinstance(source.value, dict):
        return None, [source.fault((), "is not a mapping; a cause starts with `name:`")]
    try:
        cause = Cause.model_validate(source.value)
    except ValidationError as error:
        return None, faults_of(source, error, _GRAMMAR)
    faults = [source.fault(found.place, found.message) for found in object_to(cause, terms, known)]
    faults += misnamed(source, cause.name)
    return (None if faults else cause), faults
