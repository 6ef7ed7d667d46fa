"""The command line `grace`. Every command lives in a module of its own, imported only when it is run."""

from grace_workers.entrypoints.cli.program import main

__all__ = ["main"]
