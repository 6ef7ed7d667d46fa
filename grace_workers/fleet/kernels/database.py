"""PostgreSQL: keeps the truth."""

from secrets import token_hex

from grace_workers.fleet.kernel import Kernel, Readiness, Ready, Tier, Unready
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    sent = token_hex(8)
    got = probe.database_echo(sent)
    if got != sent:
        return Unready(f"the database gave back {got!r} for {sent!r}")
    schema = probe.schema()
    # One that is not known here is of a newer release, whose database serves this one too.
    if schema.found is None or schema.found in schema.older:
        return Unready(f"the schema is at {schema.found or 'nothing'}, this release needs {schema.wanted}")
    return Ready(f"the database gave back what it was given; the schema is at {schema.found}")


DEFINITION = Kernel(
    name="database",
    tier=Tier.FOUNDATION,
    process="postgres",
    readiness=_readiness,
)
