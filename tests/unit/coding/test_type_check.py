"""What the program that answers about types is asked. `tests/integration` lets mypy itself answer."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grace_workers.coding.deadline import Deadline
from grace_workers.coding.type_check import TypeCheck
from grace_workers.foundation.clock import SystemClock
from tests.unconfined import UnconfinedProgram

ECHO = """
import json, sys
for line in sys.stdin:
    rows = [f"{file}:1:1: error: asked" for file in json.loads(line)["files"]]
    print(json.dumps({"event": "answer", "results": [1, "\\n".join(rows), ""]}), flush=True)
"""


class Echoing:
    """A sandbox in which the program reports an error for each file that it is asked about."""

    def start(self, argv: Sequence[str], *, folder: Path, **_: Any) -> UnconfinedProgram:
        return UnconfinedProgram([sys.executable, "-I", "-c", ECHO], folder, {})


def test_no_name_of_a_file_can_be_taken_for_a_file_of_arguments(tmp_path: Path) -> None:
    (tmp_path / "@args.py").write_text("x = 1\n")
    deadline = Deadline.after(20, SystemClock())
    check = TypeCheck(sandbox=Echoing(), folder=tmp_path, scratch=tmp_path / "scratch", deadline=deadline)
    try:
        (said,) = check.messages({}, ["@args.py"])
    finally:
        check.close()
    assert said.file == "./@args.py"
