"""The database's schema, brought to this release's."""

from grace_workers.adapters.postgres.logins import CONTROL_LOGIN, NODE_LOGIN
from grace_workers.adapters.postgres.migrate import bring_up, head
from grace_workers.adapters.postgres.portable import PostgresPortable
from grace_workers.settings import Settings, database_of, shipped


def migrate(settings: Settings) -> str:
    """Bring the configured database to this release's schema, and return its revision. Any number may run at once.

    Raises:
        InputError: no database is configured, its URL cannot be read, or its schema is too new for this release.
        TransientError: it is unreachable.
        PermanentError: a migration failed.
    """
    scripts = shipped("migrations")
    given = {NODE_LOGIN: settings.database.node_password, CONTROL_LOGIN: settings.database.control_password}
    logins = {login: password.get_secret_value() for login, password in given.items() if password is not None}
    bring_up(database_of(settings).get_secret_value(), scripts, logins)
    return head(scripts)


def portable(settings: Settings) -> PostgresPortable:
    """Return the configured database as something to export and restore. Raises InputError if none is configured."""
    return PostgresPortable(database_of(settings).get_secret_value(), shipped("migrations"))
