"""The program git on a repository that is not ours: no hook, no one's configuration, no variable that redirects it."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from grace_workers.foundation.errors import PermanentError

_SECONDS = 60
_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false")


def clean_environment() -> dict[str, str]:
    """Return an environment without anyone's configuration, and without variables that redirect Git."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {
        **kept,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "LC_ALL": "C",
    }


def run_git(words: Sequence[str], folder: Path, env: Mapping[str, str], given: bytes = b"") -> bytes:
    """Return what git wrote. Raises PermanentError when it fails, is not there, or does not end in time."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell; words are ours, hashes, or paths after `--`
            ["git", *_QUIET, *words],  # noqa: S607 - wherever the user has it
            cwd=folder,
            env=env,
            input=given,
            capture_output=True,
            check=True,
            timeout=_SECONDS,
        )
    except FileNotFoundError as error:
        if not folder.is_dir():
            raise
        raise PermanentError("there is no program `git` here; install Git") from error
    except subprocess.TimeoutExpired as error:
        raise PermanentError(f"git has not ended within {_SECONDS} s; look whether its storage answers") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise PermanentError(f"git {words[-1][:60]}: {said[-1][:300] if said else error.returncode}") from error
    return done.stdout
