"""Effects that can be counted: primitives that append one line to a file, and a check that counts the lines.

Each waits `before` and `after` its effect, so that a test can end the worker on either side of it.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TextIO

from grace_workers.actions import (
    Aspect,
    BlastRadius,
    Effect,
    FileTree,
    Outcome,
    OutcomeStatus,
    Preview,
    Primitive,
    Repeat,
    Snapshot,
)
from grace_workers.checks import Check
from grace_workers.foundation.document import Document


class AppendParams(Document):
    file: Path
    before: timedelta = timedelta(0)
    after: timedelta = timedelta(0)


class CountParams(Document):
    file: Path


@contextmanager
def alone(path: Path) -> Iterator[TextIO]:
    with path.open("a+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream


def count(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0


def preview(tree: FileTree, params: AppendParams) -> Preview:
    del tree
    return Preview(changes=(f"append to {params.file.name}",), blast=BlastRadius(count=1, unit="line", share=0.1))


def snapshot(tree: FileTree, params: AppendParams) -> Snapshot:
    del tree
    return Snapshot(primitive="append_line", content={"lines": count(params.file)})


def apply(tree: FileTree, params: AppendParams, before: Snapshot) -> Outcome:
    with alone(params.file.with_suffix(".begun")) as begun:
        begun.write("begun\n")
    time.sleep(params.before.total_seconds())
    with alone(params.file) as lines:
        # Checked right before the effect, because an attempt that slept while another acted must not act too.
        if effect(tree, params, before) is Effect.PRESENT:
            return Outcome(status=OutcomeStatus.UNCHANGED, detail="the line is there")
        lines.write(f"{time.time()}\n")
    time.sleep(params.after.total_seconds())
    return Outcome(status=OutcomeStatus.DONE, detail="a line was appended")


def effect(tree: FileTree, params: AppendParams, before: Snapshot) -> Effect:
    del tree
    return Effect.PRESENT if count(params.file) > before.content["lines"] else Effect.ABSENT


def restore(tree: FileTree, params: AppendParams, before: Snapshot) -> Outcome:
    if restored(tree, params, before):
        return Outcome(status=OutcomeStatus.UNCHANGED, detail="there is no line too many")
    with alone(params.file) as lines:
        kept = params.file.read_text().splitlines(keepends=True)[: before.content["lines"]]
        lines.truncate(len("".join(kept)))
    return Outcome(status=OutcomeStatus.DONE, detail="the line was taken away")


def restored(tree: FileTree, params: AppendParams, before: Snapshot) -> bool:
    del tree
    return count(params.file) == before.content["lines"]


def primitive(name: str, repeat: Repeat) -> Primitive[FileTree, AppendParams]:
    return Primitive(
        name=name,
        summary="Append a line to a file.",
        role=FileTree,
        params=AppendParams,
        aspect=Aspect.CONFIG,
        risk=0.1,
        repeat=repeat,
        preview=preview,
        snapshot=snapshot,
        apply=apply,
        restore=restore,
        restored=restored,
        effect=effect if repeat is Repeat.PROBEABLE else None,
    )


APPEND_LINE = primitive("append_line", Repeat.PROBEABLE)
APPEND_ONCE = primitive("append_once", Repeat.ONCE)
LINES = Check(
    name="lines",
    summary="How many lines a file has.",
    unit="lines",
    role=FileTree,
    params=CountParams,
    probe=lambda _tree, params: float(count(params.file)),
)
