"""How the jobs of one instance ended recently, beside all others': the fact behind a part of the health score."""

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.statement import one
from grace_workers.fleet import JobOutcomes
from grace_workers.foundation.ids import InstanceName
from grace_workers.node.membership.health import Outcomes

# A sample is enough for a rate, and keeps the query cheap on a ledger that ends a thousand jobs a second.
_COUNT = """
SELECT count(*) FILTER (WHERE owner = %(name)s), count(*) FILTER (WHERE owner = %(name)s AND state <> 'succeeded'),
    count(*) FILTER (WHERE owner <> %(name)s), count(*) FILTER (WHERE owner <> %(name)s AND state <> 'succeeded')
FROM (
    SELECT owner, state FROM jobs
    WHERE ended_at > clock_timestamp() - interval '2 minutes' AND owner IS NOT NULL AND only_on IS NULL
        AND state IN ('succeeded', 'failed', 'dead')
    ORDER BY ended_at DESC LIMIT 2000
) lately
"""


class PostgresOutcomes(Outcomes):
    """Counts endings in the ledger."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    def of(self, instance: InstanceName) -> JobOutcomes:
        with translated(), self._engine.connect() as connection:
            ended, failed, others_ended, others_failed = one(connection, _COUNT, {"name": instance})
        return JobOutcomes(ended=ended, failed=failed, others_ended=others_ended, others_failed=others_failed)
