"""Reading one YAML file as plain data with the line of every value, so that an error can point at it.

A deliberately small YAML: one document, text keys, no anchors, aliases, tags or merge keys, bounded in size and depth.
Plain scalars follow YAML 1.2, so `off`, `no` and `12:30` are text. It can never create a Python object.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import TypeAlias, TypeVar

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from grace_workers.foundation.document import JsonValue, words_of
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.own_file import given_objection, remedy

T = TypeVar("T")

LARGEST_FILE = 64 * 1024
MOST_FILES = 500
DEEPEST = 12
MOST_EVENTS = 5_000
_INTEGER = re.compile(r"[-+]?[0-9]{1,15}")
_NUMBER = re.compile(r"[-+]?[0-9]{1,15}\.[0-9]{1,15}([eE][-+]?[0-9]{1,2})?")
# The parser in C, where PyYAML has it: a node reads some 250 files in each of its processes.
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTANTS: Mapping[str, JsonValue] = {"true": True, "false": False, "null": None, "~": None, "": None}

Place: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class FileFault:
    """What is wrong with a file, and where. `line` counts from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Objection:
    """What is wrong with the content of a file, at which place in it."""

    place: Place
    message: str


Inspect = Callable[["YamlFile"], Sequence[FileFault]]
"""Examines a file beside its grammar, and returns what is dangerous in it."""


class SourceError(InputError):
    """Files that cannot be loaded, with every fault found in them."""

    def __init__(self, faults: tuple[FileFault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A file's value, and the line of each place in it."""

    file: str
    value: JsonValue
    lines: Mapping[Place, int] = field(repr=False)

    def fault(self, place: Place, message: str) -> FileFault:
        """Return the fault at `place`, or at the nearest enclosing place that has a line."""
        while place and place not in self.lines:
            place = place[:-1]
        return FileFault(self.file, self.lines.get(place, 1), message)


def read_source(path: Path, name: str) -> YamlFile:
    """Return the file at `path`; `name` is what faults call it.

    Raises:
        SourceError: others may change it, or it is no regular file, too large, not UTF-8, or not the YAML described
            above.
    """
    try:
        if not path.is_file():
            raise SourceError((FileFault(name, 1, "is not a regular file; check the path"),))
        require_unchanged(path, name)
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise SourceError((FileFault(name, 1, f"cannot be read ({error.strerror}); check that it exists"),)) from error
    return parse_source(content, name)


def require_unchanged(path: Path, name: str) -> None:
    """Refuse a file or folder that others may change; faults call it `name`. Raises SourceError."""
    if (why := given_objection(path)) is not None:
        raise SourceError((FileFault(name, 1, f"{why}; {remedy(path)}"),))


def read_folder(
    path: Path, understand: Callable[[YamlFile], tuple[T | None, Sequence[FileFault]]]
) -> tuple[list[T], list[FileFault]]:
    """Return the content of a folder's YAML files, in name order, and every fault; sub-folders are ignored."""
    try:
        require_unchanged(path, str(path))
        files = sorted(item for item in path.iterdir() if item.suffix in {".yaml", ".yml"})
    except SourceError as error:
        return [], list(error.faults)
    except OSError as error:
        return [], [FileFault(path.name, 1, f"the folder cannot be read ({error.strerror}); check that it exists")]
    if len(files) > MOST_FILES:
        return [], [FileFault(path.name, 1, f"the folder holds more than {MOST_FILES} files; split it")]
    found: list[T] = []
    faults: list[FileFault] = []
    for file in files:
        value, wrong = read_one(file, understand)
        faults += wrong
        found += [] if value is None else [value]
    return found, faults


def read_one(
    file: Path, understand: Callable[[YamlFile], tuple[T | None, Sequence[FileFault]]]
) -> tuple[T | None, Sequence[FileFault]]:
    """Return the content of one file, and its faults."""
    try:
        return understand(read_source(file, f"{file.parent.name}/{file.name}"))
    except SourceError as error:
        return None, error.faults


def inspected(
    understood: tuple[T | None, Sequence[FileFault]], source: YamlFile, inspect: Inspect | None
) -> tuple[T | None, list[FileFault]]:
    """Return what was understood of a file; if the inspection finds something, only the faults."""
    value, faults = understood
    dangers = [] if inspect is None else list(inspect(source))
    return (None if dangers else value), [*faults, *dangers]


def misnamed(source: YamlFile, name: str) -> list[FileFault]:
    """Return the faults of a file that is not named after what it defines."""
    stem, faults = Path(source.file).stem, []
    if name != stem:
        faults.append(source.fault(("name",), f"name {name!r} differs from the file's name; make it {stem!r}"))
    if source.file.endswith(".yml"):
        faults.append(source.fault((), f"ends in .yml; rename it to {stem}.yaml"))
    return faults


def faults_of(source: YamlFile, error: ValidationError, grammar: str) -> list[FileFault]:
    """Return what does not fit a document as faults of its file; `grammar` is the page that describes the format."""
    found = error.errors(include_input=False, include_url=False)
    # A broken item also makes its list too short; only the item is worth reporting.
    inner = {item["loc"][:depth] for item in found for depth in range(len(item["loc"]))}
    return [_fault(source, item, grammar) for item in found if item["type"] != "too_short" or item["loc"] not in inner]


def _fault(source: YamlFile, error: ErrorDetails, grammar: str) -> FileFault:
    place: Place = tuple(error["loc"])
    where = ".".join(str(part)[:80] for part in place)
    match error["type"]:
        case "extra_forbidden":
            message = f"unknown key {where!r}; remove it or see {grammar}"
        case "missing":
            message = f"{where!r} is missing; add it"
        case _:
            words = words_of(error)
            message = f"{where}: {words}" if where else words
    return source.fault(place, message)


def parse_source(content: bytes, name: str) -> YamlFile:
    """Return `content` as a source called `name`. Raises SourceError."""
    if len(content) > LARGEST_FILE:
        raise SourceError((FileFault(name, 1, f"larger than {LARGEST_FILE // 1024} KiB; split it"),))
    if b"\x00" in content:
        line = content[: content.index(b"\x00")].count(b"\n") + 1
        raise SourceError((FileFault(name, line, "contains a NUL byte; remove it"),))
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SourceError((FileFault(name, line, "is not UTF-8; save it as UTF-8"),)) from error
    try:
        return _Reader(text, name).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise SourceError((FileFault(name, line, f"is not YAML: {error.problem or error.context}"),)) from error
    except yaml.YAMLError as error:
        raise SourceError((FileFault(name, 1, "is not YAML: it contains a character that YAML forbids"),)) from error


class _Screened:
    """The events of a text, one after another, up to the first that is not allowed."""

    def __init__(self, text: str, name: str) -> None:
        self._events = yaml.parse(text, Loader=_PARSER)
        self._file = name
        self._depth = self._documents = self._taken = 0

    def __iter__(self) -> Iterator[yaml.Event]:
        return self

    def __next__(self) -> yaml.Event:
        event: yaml.Event = next(self._events)
        self._taken += 1
        self._documents += isinstance(event, yaml.DocumentStartEvent)
        self._depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if (message := self._objection(event)) is not None:
            raise SourceError((FileFault(self._file, _line(event), message),))
        return event

    def _objection(self, event: yaml.Event) -> str | None:
        if self._depth > DEEPEST:
            return f"is nested deeper than {DEEPEST} levels; flatten it"
        if self._documents > 1:
            return "contains a second document; use one document per file"
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            return "uses an anchor or alias; write the value out"
        if getattr(event, "tag", None):
            return "uses a YAML tag; remove it"
        if self._taken > MOST_EVENTS:
            return f"holds more than {MOST_EVENTS} values; split it"
        return None


class _Reader:
    """Builds a source from YAML events."""

    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._events = _Screened(text, name)
        self._lines: dict[Place, int] = {}

    def read(self) -> YamlFile:
        found: list[JsonValue] = [self._build(event, ()) for event in self._events if isinstance(event, yaml.NodeEvent)]
        if not found:
            raise SourceError((FileFault(self._name, 1, "is empty"),))
        return YamlFile(self._name, found[0], self._lines)

    def _build(self, event: yaml.Event, place: Place) -> JsonValue:
        self._lines.setdefault(place, _line(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, yaml.SequenceStartEvent):
            return [self._build(item, (*place, index)) for index, item in enumerate(self._items())]
        return _scalar(event)

    def _items(self) -> Iterator[yaml.Event]:
        """Yield what opens each item of the collection that was just opened."""
        return takewhile(lambda event: not isinstance(event, yaml.CollectionEndEvent), self._events)

    def _mapping(self, place: Place) -> JsonValue:
        found: dict[str, JsonValue] = {}
        for key in self._items():
            if not isinstance(key, yaml.ScalarEvent) or key.value == "<<":
                message = "uses a key that is not plain text; write a name"
                raise SourceError((FileFault(self._name, _line(key), message),))
            if key.value in found:
                message = f"duplicate key {key.value[:80]!r}; remove one"
                raise SourceError((FileFault(self._name, _line(key), message),))
            self._lines[(*place, key.value)] = _line(key)
            found[key.value] = self._build(next(self._events), (*place, key.value))
        return found


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _scalar(event: yaml.Event) -> JsonValue:
    text = str(getattr(event, "value", ""))
    if getattr(event, "style", None):
        return text
    if text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
