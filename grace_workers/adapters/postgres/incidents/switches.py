"""The global switches."""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from grace_workers.adapters.postgres.schema.line import switches
from grace_workers.governance import Switch


class PostgresSwitchStore:
    """Implements `stores.SwitchStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, name: str) -> Switch:
        """Return a switch; one never turned is off."""
        row = self._connection.execute(select(switches).where(switches.c.name == name)).first()
        return Switch() if row is None else Switch(on=row.on, reason=row.reason, by=row.by)

    def turn(self, name: str, switch: Switch, at: datetime) -> None:
        """Turn it."""
        values = {"on": switch.on, "reason": switch.reason, "by": switch.by, "at": at}
        statement = insert(switches).values(name=name, **values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
