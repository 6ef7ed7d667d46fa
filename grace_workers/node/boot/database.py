"""What a node does with its database before any of its processes starts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grace_workers.foundation.clock import Clock
from grace_workers.governance import Role
from grace_workers.node.boot.tokens import admit_given, ensure_cli_token
from grace_workers.orchestration.stores import LineLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSetup:
    """`schema` creates the schema or waits for it. `given` are tokens from the settings, by role.

    `cli_token` is the file of the CLI's token, None for a node that makes none. `afterwards` follow in their order.
    """

    schema: Callable[[], object]
    ledger: LineLedger
    clock: Clock
    given: Mapping[Role, str]
    cli_token: Path | None
    afterwards: Sequence[Callable[[], object]] = ()

    def run(self) -> None:
        """Do all of it; a second run changes nothing. Raises GraceError."""
        self.schema()
        admit_given(self.ledger, self.clock, self.given)
        if self.cli_token is not None:
            ensure_cli_token(self.ledger, self.clock, self.cli_token)
        for act in self.afterwards:
            act()
