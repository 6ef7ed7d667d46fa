"""The thread that keeps one child running."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from grace_workers.adapters.process.bell import Bell
from grace_workers.adapters.process.child import Child
from grace_workers.adapters.process.life import Life
from grace_workers.adapters.process.logfile import last_words
from grace_workers.adapters.process.spawn import UNTOLD, Command, Process, StartCommand, spawn
from grace_workers.fleet import Again, Kill, Leave, ProcessState, ProcessStatus, Replace, again, made_good
from grace_workers.foundation.errors import GraceError

_LOOK = 0.1
_LATER = 0.5

Report = Callable[[ProcessStatus], None]


class ChildRunner:
    """Starts the child when its needs are met, restarts it whenever it ends or hangs, and stops it on request.

    `lives` counts its starts.
    """

    def __init__(
        self,
        child: Child,
        *,
        needs_met: Callable[[], bool],
        report: Report,
        fell: Callable[[Sequence[str]], None],
        start: StartCommand = spawn,
    ) -> None:
        self.child = child
        self.ready_once = threading.Event()
        self.early_exits = 0
        self._needs_met = needs_met
        self._report = report
        self._fell = fell
        self._spawn = start
        self._bell = Bell()
        self._stopping = threading.Event()
        self._hurrying = False
        self._holds: dict[str, str] = {}
        self._anew = threading.Event()
        self.lives = 0
        # What an earlier life may have left is settled before the first start too.
        self._owes = True
        self._process: Process | None = None
        self._state = ProcessState.WAITING
        self._restarts = 0
        self._streak = 0
        self._failed_at: list[float] = []
        # When the current life began, once it has been ready: a life that never is makes up for no failure.
        self._good_since: float | None = None
        self._took: float | None = None
        self._trouble: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"child-{child.name}", daemon=True)

    @property
    def status(self) -> ProcessStatus:
        """The current state of the child."""
        process = self._process
        return ProcessStatus(
            name=self.child.name,
            state=self._state,
            pid=process.pid if process is not None and process.returncode is None else None,
            restarts=self._restarts,
            took=self._took,
            trouble=self._trouble,
            keeps_failing=self._verdict(time.monotonic()).escalate,
            paused_for=next(iter(tuple(self._holds.values())), None),
        )

    def start(self) -> None:
        """Start."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the child to stop; `join` waits for it."""
        self._stopping.set()
        self._bell.ring()

    def pause(self, key: str, why: str) -> None:
        """Ask the child to end politely and stay stopped until `resume` with that key; its state tells when it has."""
        self._holds.setdefault(key, why)
        self._bell.ring()

    def resume(self, key: str) -> None:
        """End that pause; unless others remain, the child starts again."""
        self._holds.pop(key, None)
        self._bell.ring()

    def restart(self) -> None:
        """Ask the child to end politely and to restart at once."""
        self._streak = 0
        self._anew.set()
        self._bell.ring()

    def hurry(self) -> None:
        """Skip the polite part of a stop. Only sets a flag, so a signal may call it at any moment."""
        self._hurrying = True

    def kill(self) -> None:
        """End the child now, with its group; it is restarted like any that ends."""
        process = self._process
        if process is not None and process.poll() is None:
            process.end_group()

    def join(self) -> None:
        """Wait until the child has ended."""
        if self._thread.is_alive():
            self._thread.join()

    @property
    def _is_wanted(self) -> bool:
        return not (self._stopping.is_set() or self._anew.is_set() or self._holds)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._anew.clear()
                if self._holds:
                    self._enter(ProcessState.PAUSED)
                elif self._state is ProcessState.PAUSED:
                    self._enter(ProcessState.WAITING)
                if self._owes and not self._settled():
                    self._bell.wait(_LATER)
                elif self._is_wanted and self._needs_met():
                    self._one_life()
                else:
                    self._bell.wait(_LOOK)
        finally:
            self.kill()
            self._enter(ProcessState.STOPPED)
            self._bell.close()

    def _settled(self) -> bool:
        try:
            self.child.settle()
        except Exception as error:  # noqa: BLE001 - whatever it is, the child must come back once it is over
            self._trouble = f"cannot clean up after it: {error}"
            return False
        self._owes = False
        return True

    def _one_life(self) -> None:
        self._enter(ProcessState.STARTING)
        self._owes = True
        self.lives += 1
        self._good_since = None
        try:
            command = self.child.command()
            life = Life(self.child, command, self._spawn)
        except (OSError, GraceError) as error:
            self._failed(f"cannot start: {error}")
            return
        try:
            self._process = life.process
            self._live(life, command)
        finally:
            life.close()

    def _live(self, life: Life, command: Command) -> None:
        """Watch one life to its end, and judge how it ended."""
        judgement = self._watch(life)
        if not isinstance(judgement, Leave):
            if isinstance(judgement, Kill):
                life.process.end_group()
            life.end(hurrying=lambda: self._hurrying)
            self._failed(f"{judgement.why}; {life.complaint}" if life.complaint else judgement.why)
        elif (code := life.process.poll()) is None:
            life.end(hurrying=lambda: self._hurrying)
        else:
            life.process.end_group()
            self._fell(self._felled_by(code))
            self._failed(f"ended with {_ending(code)}: {last_words(command.log)}")

    def _felled_by(self, code: int) -> Sequence[str]:
        """Return which children end with it; all that might, when it is unknown how it ended."""
        if code == UNTOLD:
            return [name for names in self.child.fells.values() for name in names]
        return self.child.fells.get(code, ())

    def _watch(self, life: Life) -> Kill | Leave | Replace:
        """Return what to do once the process must be ended; Leave when it has ended or its end was requested."""
        while life.process.poll() is None and self._is_wanted:
            judgement = life.look(needs_ready=self._needs_met())
            if not isinstance(judgement, Leave):
                return judgement
            self._heed(life)
            life.wait(self._bell)
        return Leave()

    def _heed(self, life: Life) -> None:
        answer = life.answer
        if answer is None:
            return
        if answer.passed:
            if self._state is ProcessState.STARTING:
                self._took = life.age
            self.ready_once.set()
            self._good_since = self._good_since or time.monotonic() - life.age
            self._enter(ProcessState.READY)
        else:
            self._trouble = answer.trouble or self._trouble
            if self._state is ProcessState.READY:
                self._enter(ProcessState.UNREADY)

    def _failed(self, trouble: str) -> None:
        """Record a failure, and pause before the next start."""
        now = time.monotonic()
        policy = self.child.restart
        self._trouble = trouble
        self._restarts += 1
        # A crash loop is slowed down; a child that lived long enough has its failures forgiven.
        self._streak = self._left_of_streak(now) + 1
        self._good_since = None
        self._failed_at = [at for at in self._failed_at if now - at <= policy.within.total_seconds()] + [now]
        if not self.ready_once.is_set():
            self.early_exits += 1
        self._enter(ProcessState.BACKING_OFF)
        self._rest(self._verdict(now).wait.total_seconds())

    def _verdict(self, now: float) -> Again:
        ages = [timedelta(seconds=now - at) for at in self._failed_at]
        return again(max(1, self._left_of_streak(now)), ages, self.child.restart)

    def _left_of_streak(self, now: float) -> int:
        lived = 0.0 if self._good_since is None else now - self._good_since
        return made_good(self._streak, timedelta(seconds=lived))

    def _rest(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._is_wanted and (left := deadline - time.monotonic()) > 0:
            self._bell.wait(left)

    def _enter(self, state: ProcessState) -> None:
        if state is not self._state:
            self._state = state
            self._report(self.status)


def _ending(code: int) -> str:
    if code == UNTOLD:
        return "unknown exit status: its fork server died"
    return f"exit code {code}" if code >= 0 else f"signal {-code} ({signal.strsignal(-code)})"
