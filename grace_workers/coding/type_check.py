"""What mypy says about a repository's copy, with files changed. It runs in the sandbox and reads no settings there."""

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from grace_workers.coding.copy_file import read_file, remove_file, write_file
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.sandbox import MEBIBYTE, Sandbox, SandboxLimits
from grace_workers.foundation.errors import PermanentError, TransientError

_ROW = re.compile(r"(?P<file>[^:]+):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<kind>error|note): (?P<text>.*)")
_FLAGS = ("--config-file=", "--ignore-missing-imports", "--follow-imports=silent", "--no-error-summary",
          "--hide-error-context", "--no-color-output", "--show-column-numbers", "--no-pretty")  # fmt: skip
WITHIN_UNTYPED = "\n# mypy: check-untyped-defs\n"
"""At the end of a file, it has functions without types checked, too. A flag for all files would empty the cache."""
_MOST_BYTES = 2 * MEBIBYTE
_BLOCKED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeMessage:
    """An error or a note, and where it is; columns count from 1, and 0 is the whole line."""

    file: str
    line: int
    is_error: bool
    text: str
    column: int = 0


class OutOfTime(Exception):  # noqa: N818
    """The budget ended before mypy did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeCheck:
    """Checks types in `folder`, a copy that may be written to. `scratch` holds what mypy remembers between runs."""

    sandbox: Sandbox
    folder: Path
    scratch: Path
    deadline: Deadline

    def messages(self, changes: Mapping[str, str], files: Iterable[str]) -> Sequence[TypeMessage]:
        """Return what is said about `files` with `changes` made.

        Raises:
            OutOfTime: the budget is spent.
            PermanentError: mypy is not installed, or fails.
        """
        if find_spec("mypy") is None:
            raise PermanentError("mypy is not installed; install grace-workers[coding]")
        kept = {name: read_file(self.folder, name) for name in changes if (self.folder / name).is_file()}
        try:
            for name, text in changes.items():
                write_file(self.folder, name, text.encode())
            said = self._run(["--", *sorted(files)])
        finally:
            for name in changes:
                if name in kept:
                    write_file(self.folder, name, kept[name])
                else:
                    remove_file(self.folder, name)
        return [one for row in said.splitlines() if (one := _message(row)) is not None]

    def _run(self, words: Sequence[str]) -> str:
        left = self.deadline.left
        if left <= 1:
            raise OutOfTime
        self.scratch.mkdir(exist_ok=True)
        program = self.sandbox.start(
            [sys.executable, "-I", "-m", "mypy", *_FLAGS, f"--cache-dir={self.scratch / 'types'}", *words],
            folder=self.folder,
            writable=[self.scratch],
            readable=[Path(sys.prefix), Path(sys.base_prefix)],
            limits=SandboxLimits(memory=2048 * MEBIBYTE, wall=timedelta(seconds=left), cpu=timedelta(seconds=2 * left)),
            environment={
                "HOME": str(self.scratch),
                "TMPDIR": str(self.scratch),
                "LANG": "C.UTF-8",
                "MYPYPATH": self._path(),
            },
        )
        with program:
            program.stdin.close()
            said = program.stdout.read(_MOST_BYTES).decode("utf-8", "replace")
            try:
                ended = program.wait(timedelta(seconds=max(self.deadline.left, 1)))
            except TransientError as error:
                raise OutOfTime from error
            if ended.limit is not None:
                raise OutOfTime
            if (
                ended.code is None
                or ended.code > _BLOCKED
                or (ended.code == _BLOCKED and _message(said.split("\n")[0]) is None)
            ):
                told = (said or program.stderr.read(2000).decode("utf-8", "replace")).strip()
                raise PermanentError(f"mypy fails: {told[-300:]}")
        return said

    def _path(self) -> str:
        """Return the folders from which packages are imported, besides the root."""
        return os.pathsep.join(str(self.folder / one) for one in ("src", "lib") if (self.folder / one).is_dir())


def checked_files(file: str, names: Iterable[str]) -> list[str]:
    """Return the files to check with `file`: those of its whole package, without tests."""
    known = set(names)
    top = PurePosixPath(file).parent
    if f"{top}/__init__.py" not in known:
        return [file]
    while f"{top.parent}/__init__.py" in known:
        top = top.parent
    inside = [one for one in known if PurePosixPath(one).is_relative_to(top)]
    return sorted({file, *(one for one in inside if not {"test", "tests"} & set(PurePosixPath(one).parts))})


def _message(row: str) -> TypeMessage | None:
    found = _ROW.fullmatch(row)
    if found is None:
        return None
    return TypeMessage(
        file=found["file"], line=int(found["line"]), is_error=found["kind"] == "error", text=found["text"],
        column=int(found["column"] or 0),
    )  # fmt: skip
