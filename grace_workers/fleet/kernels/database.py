"""PostgreSQL: the source of truth."""

from datetime import timedelta
from secrets import token_hex

from grace_workers.fleet.kernel import Kernel, Readiness, Ready, RestartPolicy, Tier, Unready
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    sent = token_hex(8)
    got = probe.database.echo(sent)
    if got != sent:
        return Unready(f"the database returned {got!r} for {sent!r}")
    schema = probe.database.schema()
    if not schema.fit.serves:
        return Unready(schema.words)
    return Ready(f"the database returned what was written; the schema is {schema.words}")


DEFINITION = Kernel(
    name="database",
    tier=Tier.FOUNDATION,
    process="postgres",
    # Everything depends on it.
    restart=RestartPolicy(longest=timedelta(seconds=3)),
    readiness=_readiness,
)
