"""What mypy says about a repository's copy, with files changed. It runs in the sandbox and reads no settings there."""

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from grace_workers.coding.copy_file import read_file, remove_file, write_file
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.sandbox import MEBIBYTE, Sandbox, Sandboxed, SandboxLimits
from grace_workers.coding.suite import Conversation
from grace_workers.foundation.errors import PermanentError

_ROW = re.compile(r"(?P<file>[^:]+):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<kind>error|note): (?P<text>.*)")
_FLAGS = ("--config-file=", "--ignore-missing-imports", "--follow-imports=silent", "--no-error-summary",
          "--hide-error-context", "--no-color-output", "--show-column-numbers", "--no-pretty")  # fmt: skip
WITHIN_UNTYPED = "\n# mypy: check-untyped-defs\n"
"""At the end of a file, it has functions without types checked, too. A flag for all files would empty the cache."""
_BLOCKED = 2
_SERVER = Path(__file__).parent / "type_server.py"


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


@dataclass(slots=True, kw_only=True)
class TypeCheck:
    """Checks types in `folder`, a copy that may be written to. `scratch` holds what mypy remembers between questions.

    The program that answers starts with the first question, and runs until `close`.
    """

    sandbox: Sandbox
    folder: Path
    scratch: Path
    deadline: Deadline
    _open: ExitStack = field(default_factory=ExitStack, init=False)
    _talk: Conversation | None = field(default=None, init=False)
    _known: dict[bytes, Sequence[TypeMessage]] = field(default_factory=dict, init=False)

    def close(self) -> None:
        """End the program; another question starts it again."""
        self._open.close()
        self._talk = None

    def messages(self, changes: Mapping[str, str], files: Iterable[str]) -> Sequence[TypeMessage]:
        """Return what is said about `files` with `changes` made.

        Raises:
            OutOfTime: the budget is spent.
            PermanentError: mypy is not installed, or fails.
        """
        if find_spec("mypy") is None:
            raise PermanentError("mypy is not installed; install grace-workers[coding]")
        kept = {name: read_file(self.folder, name) for name in changes if (self.folder / name).is_file()}
        new = {name: text.encode() for name, text in sorted(changes.items()) if kept.get(name) != text.encode()}
        asked = sorted(files)
        key = sha256(repr((new, asked)).encode()).digest()
        if key not in self._known:
            self._known[key] = self._answered(new, kept, asked)
        return self._known[key]

    def _answered(
        self, new: Mapping[str, bytes], kept: Mapping[str, bytes], files: Sequence[str]
    ) -> Sequence[TypeMessage]:
        try:
            for name, content in new.items():
                write_file(self.folder, name, content)
            said = self._answer(files)
        finally:
            for name in new:
                if name in kept:
                    write_file(self.folder, name, kept[name])
                else:
                    remove_file(self.folder, name)
        return [one for row in said.splitlines() if (one := _message(row)) is not None]

    def _answer(self, files: Sequence[str]) -> str:
        if self.deadline.left <= 1:
            raise OutOfTime
        if self._talk is None:
            self._talk = self._open.enter_context(Conversation(self._started(), self.deadline))
        # mypy takes a name that begins with @ for a file of further arguments.
        found = self._talk.ask({"files": [f"./{one}" for one in files]})
        if found is None:
            complaint = self._talk.complaint() if self.deadline.left > 1 else ""
            self.close()
            if self.deadline.left <= 1:
                raise OutOfTime
            raise PermanentError(f"mypy fails: {complaint[-300:] or 'it used more than it may'}")
        code, said, complaint = found
        blocked = code == _BLOCKED and _message(said.split("\n")[0]) is not None
        if code >= _BLOCKED and not blocked:
            raise PermanentError(f"mypy fails: {(said or complaint).strip()[-300:]}")
        return str(said)

    def _started(self) -> Sandboxed:
        span = timedelta(seconds=self.deadline.left)
        self.scratch.mkdir(parents=True, exist_ok=True)
        program = self.sandbox.start(
            [sys.executable, "-I", str(_SERVER), *_FLAGS, f"--cache-dir={self.scratch / 'types'}"],
            folder=self.folder,
            writable=[self.scratch],
            readable=[Path(sys.prefix), Path(sys.base_prefix), _SERVER],
            limits=SandboxLimits(memory=2048 * MEBIBYTE, wall=span, cpu=2 * span),
            environment={
                "HOME": str(self.scratch),
                "TMPDIR": str(self.scratch),
                "LANG": "C.UTF-8",
                "MYPYPATH": self._path(),
            },
        )
        return self._open.enter_context(program)

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
