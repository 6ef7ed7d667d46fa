"""Boots of whole nodes as programs see them: `grace up --json`, line by line."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from tests.acceptance.fleet import NodeProcess
from tests.waiting import until

ENDS_WITHIN = 60.0


class Boot(NodeProcess):
    """One `grace up --json`, whose lines can be read as they come."""

    options: tuple[str, ...] = ()

    def start(self) -> "Boot":
        """Start the process."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grace_workers", "up", "--json", *self.options],
            cwd=self.data_dir.parent,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return self

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield its lines until it has ended or the reader stops."""
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told = json.loads(line)
            if "stage" in told:
                yield told

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first wanted line."""
        for told in self.lines():
            if wanted(told):
                return told
        raise AssertionError(f"the node ended: {self.complaint()}")

    def refusal(self) -> tuple[int, str, list[dict[str, Any]]]:
        """Wait for the end; return the exit code, the sentence on standard error, and the lines."""
        assert self.process is not None
        told = list(self.lines())
        complaint = self.complaint()
        return self.process.wait(ENDS_WITHIN), complaint, told

    def complaint(self) -> str:
        """Return standard error as one line, once the process has ended."""
        assert self.process is not None
        assert self.process.stderr is not None
        return " ".join(self.process.stderr.read().split())

    def close(self) -> None:
        """Leave nothing behind."""
        super().close()
        # What a killed node ran ends a moment after it, and writes until then.
        until(lambda: not self.processes(), within=10)
        if self.process is not None and self.process.stderr is not None:
            self.process.stderr.close()
