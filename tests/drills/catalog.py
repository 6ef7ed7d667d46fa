"""Which drills there are."""

import importlib
from functools import cache
from pathlib import Path

from tests.drills.drill import Drill

NAMES = sorted(path.stem for path in (Path(__file__).parent / "faults").glob("[a-z]*.py"))


@cache
def drill_of(name: str) -> type[Drill]:
    """Return the drill of a file."""
    found: type[Drill] = importlib.import_module(f"tests.drills.faults.{name}").DRILL
    return found


def playbook_of(name: str) -> str:
    """Return the playbook that a drill is for. One that is for several causes has a drill for each."""
    return drill_of(name).playbook or name


def causes_of(playbook: str) -> set[str]:
    """Return the causes that the drills of a playbook name."""
    return {cause for name in NAMES if playbook_of(name) == playbook and (cause := drill_of(name).cause) is not None}
