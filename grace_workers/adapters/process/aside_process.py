"""The process that `aside` starts: `python -P -m grace_workers.adapters.process.aside_process MODULE:FUNCTION`.

It finds its input, and writes its answer, in memory files whose descriptors `GRACE_ASIDE_GIVEN` and
`GRACE_ASIDE_ANSWER` name. Both are JSON. Nothing else imports this, so that the fork server can run it too.
"""

import json
import os
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module

from grace_workers.adapters.process.aside import ANSWER, GIVEN
from grace_workers.foundation.document import JsonValue

_NICER = 5


def main(name: str) -> None:
    """Compute in this process what `aside` asked for."""
    os.nice(_NICER)
    with os.fdopen(int(os.environ[GIVEN]), "rb") as question:
        question.seek(0)
        given = json.load(question)
    with os.fdopen(int(os.environ[ANSWER]), "wb") as answer:
        answer.write(json.dumps(_answer(name, given)).encode())


def _answer(name: str, given: JsonValue) -> Mapping[str, JsonValue]:
    module, _, function = name.partition(":")
    try:
        return {"answer": getattr(import_module(module), function)(given)}
    except Exception as error:  # noqa: BLE001 - it is raised again in the process that asked
        return {"error": type(error).__name__, "message": str(error), "trace": traceback.format_exc()}


if __name__ == "__main__":
    main(sys.argv[1])
