"""Which drills there are."""

import importlib
from functools import cache
from pathlib import Path

from tests.drills.drill import Drill

NAMES = sorted(path.stem for path in (Path(__file__).parent / "faults").glob("[a-z]*.py"))


@cache
def drill_of(name: str) -> type[Drill]:
    """Return the drill of a playbook."""
    found: type[Drill] = importlib.import_module(f"tests.drills.faults.{name}").DRILL
    return found
