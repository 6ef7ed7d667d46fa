"""Run as a module: reports its own state, then does what it is told."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    """Print it in one line, and end, stay or send a pulse as the first argument says."""
    facts = {
        "pid": os.getpid(),
        "group": os.getpgid(0),
        "argv": sys.argv,
        "env": dict(os.environ),
        "open": sorted(int(one.name) for one in Path("/proc/self/fd").iterdir() if one.exists()),
        "loaded": "colorsys" in sys.modules,
        "main": sys.modules["__main__"].__name__,
        "ignored": [number for number in (1, 2, 13, 15, 17) if signal.getsignal(number) == signal.SIG_IGN],
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    }
    act, *rest = sys.argv[1:]
    if act == "exit":
        print(json.dumps(facts), flush=True)
        sys.exit(int(rest[0]))
    if act in {"leave", "parent"}:
        print(json.dumps({"left": subprocess.Popen(["/bin/sleep", "600"]).pid}), flush=True)
        if act == "leave":
            os._exit(0)
        time.sleep(600)
    if act == "breathe":
        os.write(int(os.environ["GRACE_PULSE"]), b".")
    print(json.dumps(facts), flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main()
