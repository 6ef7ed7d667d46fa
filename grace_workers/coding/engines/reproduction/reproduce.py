"""Writes the test that shows a reported error: the shortest plain arguments of a function that raise it again."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grace_workers.coding.baseline import command_of, renew
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.reproduction.trouble import Place, error_of, module_of, places_of, words_of
from grace_workers.coding.functions import FunctionIndex
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.repository import Repository, WithFiles
from grace_workers.coding.suite import Suite
from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.errors import PermanentError
from grace_workers.signals import Raised

_MOST_INPUTS, _MOST_TESTS, _SECONDS, _WALL = 3000, 60, 0.5, 15.0
_SHOWN = 3
_FOLDERS = ("tests", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """A test file that fails as was reported. `target` is the function it calls, `places` the frames in the code."""

    file: str
    content: bytes
    target: str
    calls: tuple[str, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproducing:
    """What a search for a reproduction works with. `label` names the test; it is letters, digits and underscores."""

    workshop: Workshop
    repository: Repository
    command: Sequence[str]
    deadline: Deadline
    scratch: Path
    label: str


def reproduce(trouble: Raised, given: Reproducing) -> Reproduction | Reason:
    """Return a test that shows the trouble, or why there is none."""
    command = command_of(given.command)
    if isinstance(command, Reason):
        return command
    tree = given.scratch / "tree"
    names = renew(given.repository, tree)
    places = places_of(trouble, names)
    if not places:
        return Reason(ReasonCode.NOT_FOUND, f"No frame of {words_of(trouble)!r} is in the code of this repository.")
    callable_places = [one for one in places if _is_plain_function(tree, one)]
    if not callable_places:
        why = f"{places[0].function} in {places[0].file} is not a function that can be called by itself"
        return Reason(ReasonCode.NOT_FOUND, f"The error could not be reproduced: {why}.")
    probe = _test_file(names, f"{given.label}_probe")
    loads = "".join(f"import {module_of(one.file)}\n" for one in callable_places)
    renew(WithFiles(given.repository, {probe: f"{loads}\n\ndef test_nothing():\n    pass\n".encode()}), tree)
    suite = Suite(sandbox=given.workshop.sandbox, command=command, folder=tree, scratch=given.scratch / "files")
    try:
        calls = next(_found(suite, given.deadline, trouble, places[0], callable_places), None)
    except PermanentError as error:
        return Reason(ReasonCode.SANDBOX, f"The error could not be reproduced: {error}.")
    if calls is None:
        tried = ", ".join(one.function for one in callable_places)
        message = f"No input that was tried raises {words_of(trouble)!r} again; called were: {tried}."
        return Reason(ReasonCode.NOT_FOUND, message)
    place, words = calls
    return Reproduction(
        file=_test_file(names, given.label),
        content=_test(trouble, place, words).encode(),
        target=f"{place.file}::{place.function}",
        calls=tuple(words),
        places=tuple(places),
    )


def _found(
    suite: Suite, deadline: Deadline, trouble: Raised, innermost: Place, places: Sequence[Place]
) -> Iterator[tuple[Place, Sequence[str]]]:
    """Yield a function with its shortest inputs that show the trouble, the innermost function first."""
    symptom = {
        "error": error_of(trouble), "message": trouble.message,
        "file": innermost.file, "function": innermost.function, "code": innermost.code,
    }  # fmt: skip
    with suite.serve(deadline) as talk:
        ready = talk.answer()
        if ready is None or ready["event"] != "ready":
            raise PermanentError("the test command ends before its tests are collected; run it to see why")
        tests = list(range(min(len(ready["ids"]), _MOST_TESTS)))
        given = {"tests": tests, "seconds": [_SECONDS] * len(tests), "most": _MOST_INPUTS, "wall": _WALL}
        for place in places if tests else ():
            told = talk.ask(
                {"do": "reproduce", "file": place.file, "function": place.function, "symptom": symptom, **given}
            )
            found = sorted((plain, len(words), words) for plain, words in map(_literal, told or ()) if words)
            # Arguments like those of the tests are worth more than plain values of any type.
            words = [words for plain, _, words in found if plain == found[0][0]]
            if words:
                yield place, words[:_SHOWN]


def _literal(told: object) -> tuple[bool, str]:
    """Return whether the arguments are plain values, and their text; empty if it is anything but literals."""
    match told:
        case [bool(plain), str(words)]:
            try:
                ast.literal_eval(f"[{words}]")
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                return plain, ""
            return plain, words
        case _:
            return True, ""


def _is_plain_function(tree: Path, place: Place) -> bool:
    try:
        found = FunctionIndex((tree / place.file).read_bytes()).named(place.function)
    except (SyntaxError, ValueError):
        return False
    return found is not None and isinstance(found.node, ast.FunctionDef) and place.function.isidentifier()


def _test_file(names: Sequence[str], label: str) -> str:
    folder = next((one for one in _FOLDERS if any(name.startswith(f"{one}/") for name in names)), None)
    return f"test_{label}.py" if folder is None else f"{folder}/test_{label}.py"


def _test(trouble: Raised, place: Place, calls: Sequence[str]) -> str:
    error = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", error_of(trouble)).lower()
    said = words_of(trouble)[:80].replace("\\", "\\\\").replace('"', "'")
    body = "".join(f"    {place.function}({one})\n" for one in calls)
    head = f'"""{place.function} raised {said}."""\n\nfrom {module_of(place.file)} import {place.function}\n\n\n'
    return f"{head}def test_{place.function.strip('_')}_raises_no_{error}():\n{body}"
