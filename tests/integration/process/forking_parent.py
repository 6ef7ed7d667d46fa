"""Forks one process, prints its pid, and waits to be killed. Arguments: a folder for the logs."""

import sys
import time
from pathlib import Path

from grace_workers.adapters.process.forking import Forking
from grace_workers.adapters.process.spawn import Command, module_argv

folder = Path(sys.argv[1])
forking = Forking(["colorsys"], folder / "server.log")
forking.begin()
forking.wait_loaded(within=20)
argv = module_argv("tests.integration.process.forked_program", "stay")
print(forking.start(Command(argv=argv, log=folder / "program.log"), {}).pid, flush=True)
time.sleep(600)
