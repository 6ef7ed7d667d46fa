"""The global switches."""

from datetime import datetime

from grace_workers.adapters.postgres.statement import one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.governance import Switch
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.stores.switches import SwitchStore

_READ = 'SELECT "on", reason, by FROM switches WHERE name = %(name)s'

_TURN = """
INSERT INTO switches (name, "on", reason, by, at) VALUES (%(name)s, %(on)s, %(reason)s, %(by)s, %(at)s)
ON CONFLICT (name) DO UPDATE SET "on" = excluded."on", reason = excluded.reason, by = excluded.by, at = excluded.at
"""


class PostgresSwitchStore(PostgresStore, SwitchStore):
    """Implements `stores.SwitchStore`."""

    def read(self, name: str) -> Switch:
        row = one(self._connection, _READ, {"name": name})
        return Switch() if row is None else Switch(on=row[0], reason=row[1], by=row[2])

    def turn(self, name: str, switch: Switch, at: datetime) -> None:
        values = {"name": name, "on": switch.on, "reason": switch.reason, "by": switch.by, "at": at}
        run(self._connection, _TURN, values)


DEFINITION = implements(SwitchStore)(PostgresSwitchStore)
