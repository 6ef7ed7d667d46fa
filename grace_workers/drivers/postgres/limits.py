"""How many connections the roles of a PostgreSQL server (14 or newer) may hold."""

from collections.abc import Mapping, Sequence

from psycopg import sql

from grace_workers.actions import Limit, ServiceLimits
from grace_workers.drivers._shared.bounds import LimitBounds, allow, bounds_of
from grace_workers.drivers.postgres.console import PostgresConsole
from grace_workers.foundation.errors import NotFoundError

_READ = sql.SQL("SELECT rolconnlimit AS most FROM pg_roles WHERE rolname = {role}")
_SET = sql.SQL("ALTER ROLE {role} CONNECTION LIMIT {most}")
_NONE = -1


class RoleLimits(ServiceLimits):
    """The declared roles. A lower limit ends no connection: it refuses further ones, and none of a superuser."""

    def __init__(self, console: PostgresConsole, declared: Mapping[str, LimitBounds]) -> None:
        self._console = console
        self._declared = declared

    def limits(self) -> Sequence[Limit]:
        return [self.limit(name) for name in sorted(self._declared)]

    def limit(self, name: str) -> Limit:
        bounds = bounds_of(name, self._declared)
        found = self._console.rows(_READ.format(role=sql.Literal(name)))
        if not found:
            raise NotFoundError(f"the server has no role {name!r}; correct `limits`")
        most = int(found[0]["most"])
        return bounds.limit(name, None if most == _NONE else most, "connections")

    def set_limit(self, name: str, value: int) -> Limit:
        allow(name, value, self._declared)
        return self.put_back_limit(name, value)

    def put_back_limit(self, name: str, value: int | None) -> Limit:
        bounds_of(name, self._declared)
        most = sql.Literal(_NONE if value is None else value)
        with self._console.long_session() as session:
            session.execute(_SET.format(role=sql.Identifier(name), most=most))
        return self.limit(name)
