"""The command line `grace`. Every command is a separate module, imported only when it runs."""

from grace_workers.entrypoints.cli.program import main

__all__ = ["main"]
