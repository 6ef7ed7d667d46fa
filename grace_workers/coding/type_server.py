"""A program that answers what mypy says about files, again and again, without being started and loaded each time.

It runs in the sandbox by its path, so it imports nothing of ours. Requests and answers are lines of JSON. What mypy
knows between questions is in its cache; each question is answered by a fork, which leaves nothing behind.
"""

import gc
import json
import os
import sys


def main() -> None:
    """Answer until the input ends; the arguments are mypy's flags."""
    asked, told = os.fdopen(os.dup(0), "rb"), os.dup(1)
    os.dup2(2, 1)
    import mypy.main  # noqa: F401 - `api` would load it in every fork
    from mypy import api

    gc.collect()
    gc.freeze()
    for line in asked:
        child = os.fork()
        if not child:
            out, complaint, code = api.run([*sys.argv[1:], "--", *json.loads(line)["files"]])
            answer = {"event": "answer", "results": [code, out, complaint]}
            with os.fdopen(told, "wb") as last:
                last.write(json.dumps(answer).encode() + b"\n")
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


if __name__ == "__main__":
    main()
