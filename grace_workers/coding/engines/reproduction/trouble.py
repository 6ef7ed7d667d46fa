"""An error as it was reported, and its frames found again in the files of a repository."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from grace_workers.coding.protected import is_protected
from grace_workers.signals import Raised

_SOURCES = ("src", "lib")


@dataclass(frozen=True, slots=True)
class Place:
    """A frame in a file of the repository."""

    file: str
    function: str
    code: str


def error_of(trouble: Raised) -> str:
    """Return the name of its class."""
    return trouble.type.rpartition(".")[2]


def words_of(trouble: Raised) -> str:
    """Return what the last line of its traceback says, on one line."""
    said = f"{error_of(trouble)}: {trouble.message}" if trouble.message else error_of(trouble)
    return said.splitlines()[0][:200]


def places_of(trouble: Raised, files: Iterable[str]) -> Sequence[Place]:
    """Return the frames that are in these files, innermost first; tests are left out.

    A frame's path, wherever the code was deployed, ends with the path of its file, or with that below `src`.
    """
    known = {_bare(name): name for name in files if name.endswith(".py") and not is_protected(name)}
    found: list[Place] = []
    for frame in reversed(trouble.frames):
        steps = PurePosixPath(frame.path.replace("\\", "/")).parts
        ends = (_bare("/".join(steps[at:])) for at in range(len(steps)))
        file = next((known[end] for end in ends if end in known), None)
        if file is not None:
            found.append(Place(file, frame.function, frame.code.strip()))
    return found


def module_of(file: str) -> str:
    """Return the dotted name that a file is imported by."""
    return _bare(file).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _bare(name: str) -> str:
    first, slash, rest = name.partition("/")
    return rest if slash and first in _SOURCES else name
