"""What the boot of a node asks of the fleet's servers, over connections of its own."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from uuid import UUID

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.bootstrap.addresses import addresses
from grace_workers.bootstrap.kernel_probe import KernelProbe, kernel_probe
from grace_workers.foundation.ids import EventId
from grace_workers.orchestration.events.topics.node_boot import DEFINITION as NODE_BOOT
from grace_workers.orchestration.events.topics.node_boot import NodeBoot
from grace_workers.settings import Settings

_PUBLISHED_WITHIN = timedelta(seconds=2)


class BootConnections:
    """Nothing connects before the first question, and that comes when the node's servers are settled."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def probe(self, *, thorough: bool) -> KernelProbe:
        """Return what self-tests ask; with `thorough` for their full contract."""
        return self._probe.asking(thorough=thorough)

    def publish(self, steps: Sequence[tuple[UUID, NodeBoot]]) -> None:
        """Publish steps of the boot as events with these ids. Raises TransientError."""
        with PostgresLedger(self._engine).transaction() as tx:
            for number, step in steps:
                tx.events.publish(NODE_BOOT, step, event_id=EventId(number))

    def close(self) -> None:
        """Close all connections."""
        if "_engine" in self.__dict__:
            self._engine.dispose()
        if "_probe" in self.__dict__:
            self._probe.close()

    @cached_property
    def _probe(self) -> KernelProbe:
        return kernel_probe(self._settings)

    @cached_property
    def _engine(self) -> Engine:
        url = addresses(self._settings).database.get_secret_value()
        return make_engine(url, application="grace-boot", pool_size=1, statement_timeout=_PUBLISHED_WITHIN)
