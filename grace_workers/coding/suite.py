"""The user's test command, run in the sandbox: recorded once as it is, or kept open to try changes."""

import json
import os
import select
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from grace_workers.coding.deadline import Deadline
from grace_workers.coding.recording import Recording, recorded
from grace_workers.coding.sandbox import MEBIBYTE, Sandbox, Sandboxed, SandboxLimits
from grace_workers.coding.trial import LAUNCH
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from grace_workers.foundation.tracing import span

_TRIAL = Path(__file__).parent / "trial"
_LONGEST_LINE = 256 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class PytestCommand:
    """A test command: the interpreter, and pytest's arguments."""

    python: str
    arguments: tuple[str, ...]

    @classmethod
    def read(cls, words: Sequence[str]) -> Self:
        """Return the command in `words`.

        Raises:
            InputError: it is not `PYTHON -m pytest …`.
        """
        if tuple(words[1:3]) != ("-m", "pytest") or not Path(words[0]).is_absolute():
            raise InputError(f"test command {' '.join(words)[:200]!r} is not '/path/to/python -m pytest …'; give one")
        return cls(words[0], tuple(words[3:]))

    def homes(self) -> list[Path]:
        """Return the folders of the interpreter and its packages: its virtual environment, and the base of that."""
        given = Path(self.python)
        found = {given.parent.parent, given.resolve().parent.parent}
        settings = given.parent.parent / "pyvenv.cfg"
        if settings.is_file():
            rows = (row.partition("=") for row in settings.read_text(encoding="utf-8").splitlines())
            found |= {Path(value.strip()).parent for name, _, value in rows if name.strip() == "home"}
        return sorted(one for one in found if (one / "pyvenv.cfg").is_file() or any(one.glob("lib*/python3*")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A test command over one copy of the tree. `scratch` is writable, beside the copy, and kept out of it.

    Without `plugins`, pytest loads none that are merely installed.
    """

    sandbox: Sandbox
    command: PytestCommand
    folder: Path
    scratch: Path
    plugins: bool = True

    def record(self, deadline: Deadline, *, how: "RecordingPlan") -> Recording | None:
        """Run the suite once and return what happened; None when it has not ended by the deadline."""
        start = {
            "files": list(how.files),
            "trace_seconds": how.trace_seconds,
            "allowance": how.allowance,
            "hanging": sorted(how.hanging),
        }
        with (
            span("tests record", **{"grace.files": len(how.files)}),
            Conversation(self._start("record", start, deadline.left, seed=how.seed), deadline) as talk,
        ):
            events = list(talk.answers())
        return recorded(events) if events and events[-1]["event"] == "end" else None

    def serve(self, deadline: Deadline, *, seed: int = 0) -> "Conversation":
        """Collect the tests and keep them open; the first answer is `ready`, or `end` when none could be collected."""
        return Conversation(self._start("serve", {"at_once": 2}, deadline.left, seed=seed), deadline)

    def explore(self, module: str, seconds: float, deadline: Deadline) -> "Conversation":
        """Import a module, and call what it defines for that long; the answers tell of the calls."""
        start = {"module": module, "seconds": seconds}
        return Conversation(self._start("explore", start, deadline.left, seed=0), deadline)

    def _start(self, mode: str, start: Mapping[str, Any], seconds: float, *, seed: int) -> Sandboxed:
        self.scratch.mkdir(exist_ok=True)
        environment = {
            "PYTHONHASHSEED": str(seed),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self.scratch),
            "TMPDIR": str(self.scratch),
            "LANG": "C.UTF-8",
            **({} if self.plugins else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}),
        }
        span = timedelta(seconds=max(seconds, 1))
        program = self.sandbox.start(
            [self.command.python, "-c", LAUNCH, str(_TRIAL)],
            folder=self.folder,
            writable=[self.folder, self.scratch],
            readable=[_TRIAL, *self.command.homes()],
            limits=SandboxLimits(memory=2048 * MEBIBYTE, wall=span, cpu=2 * span, output=_LONGEST_LINE),
            environment=environment,
        )
        first = {"mode": mode, "root": str(self.folder), "arguments": self.command.arguments, **start}
        first["scratch"] = str(self.scratch / f"{mode}-{seed}")
        program.stdin.write(json.dumps(first).encode() + b"\n")
        program.stdin.flush()
        return program


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPlan:
    """How to record: which files to trace and for how long, how long hanging tests may take, and the hash seed."""

    files: Sequence[str] = ()
    trace_seconds: float = 0.0
    allowance: float = 10.0
    hanging: frozenset[str] = field(default_factory=frozenset)
    seed: int = 0


class Conversation:
    """Lines of JSON to a program in the sandbox and back. Leaving it ends the program."""

    def __init__(self, program: Sandboxed, deadline: Deadline) -> None:
        self._program = program
        self._deadline = deadline
        self._read = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._program.kill()

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yield every answer until the program ends or the deadline passes."""
        while (answer := self.answer()) is not None:
            yield answer
            if answer["event"] == "end":
                return

    def answer(self) -> dict[str, Any] | None:
        """Return the next answer; None when the program has ended or the deadline has passed.

        Raises:
            PermanentError: what came is not an answer.
        """
        line = self._line()
        if line is None:
            return None
        try:
            answer = json.loads(line)
        except ValueError as error:
            raise PermanentError(f"the trial program answered with what is not JSON: {line[:80]!r}") from error
        if not isinstance(answer, dict) or "event" not in answer:
            raise PermanentError(f"the trial program answered with what is no event: {line[:80]!r}")
        return answer

    def ask(self, request: Mapping[str, Any]) -> list[Any] | None:
        """Return the results of a request; None when the program has ended or the deadline has passed."""
        try:
            self._program.stdin.write(json.dumps(request).encode() + b"\n")
            self._program.stdin.flush()
        except BrokenPipeError:
            return None
        answer = self.answer()
        if answer is not None and answer["event"] == "broken":
            raise PermanentError(f"the trial program broke: {answer.get('text')}")
        return answer["results"] if answer is not None and answer["event"] == "answer" else None

    def complaint(self) -> str:
        """Return the end of the program's error output, once it has ended."""
        try:
            self._program.wait(timedelta(seconds=1))
        except TransientError:
            return ""
        return self._program.stderr.read()[-2000:].decode("utf-8", "replace").strip()

    def _line(self) -> bytes | None:
        poll = select.poll()
        number = self._program.stdout.fileno()
        poll.register(number, select.POLLIN | select.POLLHUP)
        while (end := self._read.find(b"\n")) < 0:
            left = self._deadline.left
            if left <= 0 or not poll.poll(left * 1000) or len(self._read) > _LONGEST_LINE:
                return None
            came = os.read(number, 1 << 20)
            if not came:
                return None
            self._read += came
        line = bytes(self._read[:end])
        del self._read[: end + 1]
        return line
