"""What a kernel's self-test may ask of the outside world. Every answer is a fact; the kernel judges it."""

from typing import Protocol


class Probe(Protocol):
    """The outside world of a self-test. Every method raises a GraceError when it gets no answer in time."""

    def database_echo(self, text: str) -> str:
        """Write `text` to the database in a transaction that is rolled back, and return what was read back in it."""
        ...

    def broker_echo(self, text: str) -> str:
        """Send `text` through a queue of the broker, and return what came out."""
        ...
