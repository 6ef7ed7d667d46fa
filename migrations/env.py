"""Alembic's way in: on the connection that `migrate.upgrade` hands over, else on the URL given by `-x url=…`."""

from alembic import context
from sqlalchemy import Connection

from grace_workers.adapters.postgres.engine import engine_for


def run(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with engine_for(context.get_x_argument(as_dictionary=True)["url"]).connect() as connection:
        run(connection)
