"""Opening a team's model file in the sandbox, because reading one may run code that is in it."""

import sys
import threading
from datetime import timedelta
from pathlib import Path, PurePosixPath

from grace_workers.coding.foreign_text import read_json
from grace_workers.coding.sandbox import MEBIBYTE, Sandbox, Sandboxed, SandboxLimits
from grace_workers.foundation.errors import DamagedError
from grace_workers.foundation.model_kinds import MODEL_FILES

_PROGRAM = Path(__file__).parent / "model_opener.py"
_WITHIN = timedelta(seconds=30)
_LIMITS = SandboxLimits(memory=2048 * MEBIBYTE, wall=_WITHIN, cpu=_WITHIN, output=MEBIBYTE, disk=16 * MEBIBYTE)
_PATIENCE = _WITHIN + timedelta(seconds=10)
_SHOWN = 200


def open_model_file(sandbox: Sandbox, name: str, content: bytes) -> str:
    """Return a sentence about what a model file holds, once it was opened in the sandbox.

    What the file does there reaches neither the network nor any file. One whose library is not installed is judged by
    its structure (ONNX, torch).

    Raises:
        DamagedError: it cannot be opened.
        PermanentError: nothing can be started in the sandbox.
    """
    kind = PurePosixPath(name).suffix
    if kind not in MODEL_FILES:
        raise DamagedError(f"{name} is no model file; known: {', '.join(sorted(MODEL_FILES))}")
    said = _said(sandbox, kind, content)
    if not isinstance(said, dict) or "trouble" in said or not {"by", "what"} <= said.keys():
        trouble = said.get("trouble") if isinstance(said, dict) else None
        raise DamagedError(f"{name} cannot be opened: {_shown(trouble or 'it ended the program that opened it')}")
    return f"opened in the sandbox by {_shown(said['by'])}: {_shown(said['what'])}"


def _shown(said: object) -> str:
    """Return what was said as people can read it, because a file that runs code says what it likes."""
    return "".join(one if one.isprintable() else "?" for one in str(said)[:_SHOWN])


def _said(sandbox: Sandbox, kind: str, content: bytes) -> object:
    program = sandbox.start(
        [sys.executable, "-I", str(_PROGRAM), kind.removeprefix(".")],
        folder=_PROGRAM.parent,
        readable=[Path(sys.prefix), Path(sys.base_prefix), _PROGRAM],
        limits=_LIMITS,
        environment={"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    with program:
        feeding = threading.Thread(target=_feed, args=(program, content), daemon=True)
        feeding.start()
        said = program.stdout.read()
        program.wait(_PATIENCE)
    try:
        return read_json(said)
    except ValueError:
        return None


def _feed(program: Sandboxed, content: bytes) -> None:
    try:
        program.stdin.write(content)
        program.stdin.close()
    except (OSError, ValueError):
        # It has ended, or was ended, without reading everything; what it said tells the rest.
        return
