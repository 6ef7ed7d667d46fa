"""`make compose-test`: build the image offline, bring the stack up on our own engine, check its promises.

Exit 0: kept, or skipped because this machine cannot run it (said in capitals; `--required` makes that 1). Exit 1:
broken.
"""

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tests.compose.engine import clear, engine, import_images
from tests.compose.ground import CannotRunError, Ground, prepare
from tests.compose.promises import PROMISES
from tests.compose.stack import Stack, logs


def main() -> int:
    """Run it all, and leave nothing behind except what `--keep` names."""
    asked = _arguments()
    signal.signal(signal.SIGALRM, _too_late)
    signal.signal(signal.SIGTERM, _too_late)
    signal.alarm(asked.within)
    folder = Path(tempfile.mkdtemp(prefix="grace-compose-"))
    ground = Ground(folder=folder, kept=asked.keep or folder / "kept")
    ground.kept.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        _told("ground", lambda: prepare(ground, asked.revision))
        with engine(ground) as address:
            _run(ground, address)
    except CannotRunError as error:
        print(f"\nSKIPPED, NOTHING WAS TESTED: {error}", flush=True)
        return 1 if asked.required else 0
    except subprocess.CalledProcessError as error:
        told = b"\n".join(part[-3000:] for part in (error.stdout, error.stderr) if part).decode(errors="replace")
        print(f"\nBROKEN: {' '.join(map(str, error.cmd))} ended with {error.returncode}:\n{told}", flush=True)
        return 1
    except (AssertionError, TimeoutError) as error:
        print(f"\nBROKEN: {error}", flush=True)
        return 1
    finally:
        signal.alarm(0)
        clear(folder)
    print(f"\nall {len(PROMISES)} promises kept in {time.monotonic() - began:.0f} s", flush=True)
    return 0


def _run(ground: Ground, address: str) -> None:
    _told("images", lambda: import_images(ground, address))
    stack = Stack(ground, address)
    _told("build", lambda: stack.compose("build", "--quiet"))
    try:
        _told("up", lambda: stack.compose("up", "--detach", "--wait"))
        for promise in PROMISES:
            _told(promise.__name__.replace("_", " "), lambda one=promise: one(stack))
    except BaseException:
        logs(stack, ground.folder)
        kept = Path(tempfile.gettempdir()) / "grace-compose-failed.log"
        shutil.copy(ground.folder / "stack.log", kept)
        print(f"  what the containers printed: {kept}", flush=True)
        raise
    finally:
        _told("down", lambda: stack.compose("down", "--volumes", "--timeout", "10"))


def _told(what: str, act: Callable[[], object]) -> None:
    began = time.monotonic()
    try:
        seen = act()
    except BaseException:
        print(f"  ✗ {what}  ({time.monotonic() - began:.1f} s)", flush=True)
        raise
    note = f": {seen}" if isinstance(seen, str) and seen and what not in {"build", "up", "down"} else ""
    print(f"  ✓ {what}{note}  ({time.monotonic() - began:.1f} s)", flush=True)


def _too_late(number: int, _frame: FrameType | None) -> NoReturn:
    signal.alarm(0)
    raise TimeoutError("the time given is over" if number == signal.SIGALRM else "told to stop")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="compose-test", description=__doc__)
    parser.add_argument("--keep", type=Path, help="keep downloads in this folder, and use what is there")
    parser.add_argument("--revision", help="test this commit instead of the working tree")
    parser.add_argument("--within", type=int, default=600, help="give up after so many seconds (600)")
    parser.add_argument("--required", action="store_true", help="fail where the machine cannot run it")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
