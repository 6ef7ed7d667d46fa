"""The adapters that an outside evaluator calls: one request on standard input, one answer on standard output.

`python -m tests.benchmarks.yardsticks OPERATION < request.json > answer.json`, from the root of a checkout. Each
operation is the one that `grace code` calls. A bad request ends with exit status 2 and a sentence on the error stream.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from pydantic import Field

from grace_workers.bootstrap.coding import open_workshop
from grace_workers.coding import coding_operations
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import GraceError, InputError

PROTOCOL, WRONG = 1, 2
ROOT = Path(__file__).parents[2]


class YardstickRequest(Document):
    protocol: int
    operation: str
    id: str = Field(max_length=64)
    arguments: dict[str, JsonValue]


def answer(operation: str, raw: bytes) -> dict[str, JsonValue]:
    """Return the answer to a request.

    Raises:
        InputError: it does not fit.
    """
    try:
        told = json.loads(raw)
    except ValueError as error:
        raise InputError(f"request: not JSON: {error}") from error
    request = YardstickRequest.read_exactly(told, "request")
    if request.protocol != PROTOCOL or request.operation != operation:
        raise InputError(
            f"request: protocol {request.protocol}, operation {request.operation!r} do not fit {operation!r}"
        )
    known = coding_operations()[operation]
    arguments = known.arguments.read_exactly(request.arguments, "arguments")
    result = known.run(arguments, open_workshop(commit=commit()))
    return {"protocol": PROTOCOL, "operation": operation, "id": request.id, "result": dict(result)}


def commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def main(words: list[str]) -> int:
    # A library's own output must not reach the answer.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if len(words) != 1:
        print("usage: python -m tests.benchmarks.yardsticks OPERATION < request.json", file=sys.stderr)
        return WRONG
    try:
        told = answer(words[0], sys.stdin.buffer.read())
    except GraceError as error:
        print(error, file=sys.stderr)
        return WRONG
    json.dump(told, out)
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
