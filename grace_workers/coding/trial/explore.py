"""Exploring a module: what it defines is called in forks, a few at a time, and what a test can be made of is sent."""

import ast
import gc
import importlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from .arcs import unsure_lines
from .attempt import Bounds, ScriptRunner
from .channel import Channel
from .exploration import Explorer, Say
from .forks import Piece, run
from .seen_calls import seen_calls
from .subjects import makers_of, subjects_of
from .values import STANDARD, Pools

_MEMORY, _AT_ONCE, _PATIENCE = 512 << 20, 2, 6
_LONGEST, _BUILDING, _READING, _LEAST = 6.0, 0.5, 0.1, 0.1


def explore(start: dict[str, Any], channel: Channel) -> None:
    """Import a module, and send the attempts at everything that it defines; one answer for each subject."""
    bounds = Bounds()
    try:
        module = _imported(start)
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        space = _space(module, source)
        subjects = subjects_of(module, source, space)
    except BaseException as error:  # noqa: BLE001 - importing runs foreign code
        channel.send({"event": "unfit", "text": f"{type(error).__name__}: {error}"[:500]})
        return
    standard = {name: importlib.import_module(name) for name in STANDARD if name not in space}
    file = str(Path(str(module.__file__)).resolve().relative_to(start["root"]))
    channel.send({"event": "ready", "file": file, "standard": [*standard]})
    known = {**space, **standard}
    stage = _stage(module, source, known, bounds)
    names = {one.name.rpartition(".")[2] for subject in subjects for one in (subject.make, *subject.operations)}
    seen = seen_calls(Path(start["root"]), names, known, float(start["seconds"]) * _READING)
    pools = Pools(source, space)
    gc.collect()
    gc.freeze()
    seconds = min(float(start["seconds"]) / max(len(subjects), 1) * 2, _LONGEST)
    makers = [*makers_of(module, space), *(one for one in subjects if one.operations)]
    built = [partial(Explorer(stage, pools, one, seen).built, seconds=min(seconds / 4, _BUILDING)) for one in makers]
    for number, said in _done(built, _BUILDING):
        texts = json.loads(said or b"[]")
        pools.of.setdefault(makers[number].name, []).extend(texts)
    shares = _Shares(time.monotonic() + float(start["seconds"]) * (1 - _READING), len(subjects))
    work: list[Piece] = [
        partial(_explored, Explorer(stage, pools, one, seen), seconds=seconds, shares=shares, place=place)
        for place, one in enumerate(subjects)
    ]
    for _, said in _done(work, seconds):
        found = [json.loads(line) for line in said.split(b"\n")[:-1]]
        channel.send({"event": "found", "attempts": found})
    channel.send({"event": "end", "code": 0})


@dataclass(frozen=True)
class _Shares:
    """The wall time of an exploration, which two subjects at a time share."""

    end: float
    count: int

    def of(self, place: int) -> float:
        """Return when the subject at this place must have ended if it begins now."""
        now = time.monotonic()
        return now + max(self.end - now, 0.0) / (self.count - place) * _AT_ONCE + _LEAST


def _explored(explorer: Explorer, say: Say, *, seconds: float, shares: _Shares, place: int) -> None:
    explorer.explore(say, seconds=seconds, end=shares.of(place))


def _done(work: list[Any], seconds: float) -> Iterator[tuple[int, bytes]]:
    for number, gone in run(work, at_once=_AT_ONCE, seconds=_PATIENCE * seconds + 2, memory=_MEMORY):
        yield number, gone.said


def _imported(start: dict[str, Any]) -> ModuleType:
    sys.path[:0] = [start["root"], str(Path(start["root"]) / "src")]
    return importlib.import_module(start["module"])


def _space(module: ModuleType, source: str) -> dict[str, Any]:
    """Return what a test may take from the module: all that it defines, and what it takes from its own package."""
    assigned = {
        node.id
        for one in ast.parse(source).body
        if isinstance(one, ast.Assign | ast.AnnAssign)
        for node in ast.walk(one)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    package = module.__name__.partition(".")[0]
    return {
        name: one
        for name, one in vars(module).items()
        if not name.startswith("__")
        and (name in assigned or str(getattr(one, "__module__", "")).partition(".")[0] == package)
    }


def _stage(module: ModuleType, source: str, names: Mapping[str, Any], bounds: Bounds) -> ScriptRunner:
    raises = frozenset(
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Raise)
        for line in range(node.lineno, (node.end_lineno or 0) + 1)
    )
    return ScriptRunner(
        names={**names, "__builtins__": __builtins__}, file=str(module.__file__), raises=raises,
        unsure=unsure_lines(source), bounds=bounds,
    )  # fmt: skip
