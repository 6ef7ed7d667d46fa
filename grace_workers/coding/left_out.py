"""Python files that no one edits, and tests that fail for what a sandbox does not give, each with the reason."""

import ast
import re
from pathlib import Path

from grace_workers.coding.protected import is_protected
from grace_workers.coding.recording import Recording, TestRun

LARGEST = 1 << 20
_HEAD, _MOST_FILES = 2048, 2000
_GENERATED = re.compile(rb"^\s*(?:#|\"\"\"|''').*\b(?:auto-?)?generated\b", re.IGNORECASE | re.MULTILINE)
_BY_TOOL = re.compile(rb"do not (?:edit|modify|change)|@generated", re.IGNORECASE)
_NETWORK = re.compile(
    r"Temporary failure in name resolution|Name or service not known|Network is unreachable|"
    r"nodename nor servname|\[Errno (?:101|-2|-3|-5)\]"
)
_WRITE = re.compile(r"\[Errno (?:13|30)\][^']*'(/[^']*)'")


def is_generated(content: bytes) -> bool:
    """Return whether a file says in its first lines that a tool writes it and people must not."""
    head = content[:_HEAD]
    return bool(_GENERATED.search(head) and _BY_TOOL.search(head))


def left_out(folder: Path) -> list[str]:
    """Return why Python files of a copy are not edited, a sentence's part for each."""
    files = (path for path in folder.rglob("*.py") if path.is_symlink() or path.is_file())
    names = sorted(path.relative_to(folder).as_posix() for path in files)[:_MOST_FILES]
    found = (_why(folder / name, name) for name in names if not is_protected(name))
    return [one for one in found if one]


def _why(path: Path, name: str) -> str:
    if path.is_symlink():
        return f"{name} is a link"
    if path.stat().st_size > LARGEST:
        return f"{name} is larger than {LARGEST >> 20} MiB"
    content = path.read_bytes()
    if is_generated(content):
        return f"{name} is generated"
    try:
        ast.parse(content.decode("utf-8"))
    except UnicodeDecodeError:
        return f"{name} is not UTF-8"
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        return f"{name} does not parse{f' at line {line}' if line else ''}"
    return ""


def refused_by_sandbox(run: TestRun, folder: Path) -> str:
    """Return what of the sandbox a test fails for; empty if it fails for something else."""
    if _NETWORK.search(run.message):
        return "needs the network, which the sandbox does not give"
    found = _WRITE.search(run.message)
    if found is not None and not Path(found.group(1)).is_relative_to(folder):
        return f"reaches for {found.group(1)}, which the sandbox refuses"
    return ""


def outside(recording: Recording, folder: Path) -> dict[str, str]:
    """Return the failing tests that need what the sandbox does not give, each with what that is."""
    told = {run.name: refused_by_sandbox(run, folder) for run in recording.failing}
    return {name: why for name, why in told.items() if why}
