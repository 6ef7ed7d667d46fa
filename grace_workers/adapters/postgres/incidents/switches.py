"""The global switches."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from grace_workers.adapters.postgres.statement import many, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.governance import Switch
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.stores.switches import SwitchStore

_READ = 'SELECT name, "on", reason, by FROM switches WHERE name = ANY(%(names)s::text[])'

_TURN = """
INSERT INTO switches (name, "on", reason, by, at) VALUES (%(name)s, %(on)s, %(reason)s, %(by)s, %(at)s)
ON CONFLICT (name) DO UPDATE SET "on" = excluded."on", reason = excluded.reason, by = excluded.by, at = excluded.at
"""


class PostgresSwitchStore(PostgresStore, SwitchStore):
    """Implements `stores.SwitchStore`."""

    def read_all(self, names: Sequence[str]) -> Mapping[str, Switch]:
        rows = many(self._connection, _READ, {"names": list(names)})
        turned = {name: Switch(on=on, reason=reason, by=by) for name, on, reason, by in rows}
        return {name: turned.get(name, Switch()) for name in names}

    def turn(self, name: str, switch: Switch, at: datetime) -> None:
        values = {"name": name, "on": switch.on, "reason": switch.reason, "by": switch.by, "at": at}
        run(self._connection, _TURN, values)


DEFINITION = implements(SwitchStore)(PostgresSwitchStore)
