from datetime import UTC, datetime, timedelta
from uuid import UUID

from grace_workers.cycles.programmes.failure_habits import DEFINITION, FailurePast
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.signals import Alarm, Topology

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
DB, API = TargetName("db"), TargetName("api")
TOPOLOGY = Topology({DB: (), API: (DB,)})


def past(delay):
    moments = [
        (name, NOW + at * timedelta(hours=1) + more)
        for at in range(30)
        for name, more in ((DB, 0 * delay), (API, delay))
    ]
    return [Alarm(id=IncidentId(UUID(int=at)), target=name, at=moment) for at, (name, moment) in enumerate(moments)]


def test_it_remembers_how_fast_failures_spread_and_goes_on_from_there():
    seen = FailurePast(past(timedelta(seconds=60)), TOPOLOGY)
    first = DEFINITION.judge(seen, None, NOW)
    again = DEFINITION.judge(seen, first.memory, NOW)
    assert first.result["failures"] == 60
    assert 40 < again.memory["pace"] <= 60
    assert again.signals == first.signals == ()


def test_it_reads_the_newest_failures_and_the_topology():
    class Readers:
        def failures(self, past, *, most):
            return [(past, most)]

        def topology(self):
            return TOPOLOGY

    assert DEFINITION.read(Readers()) == FailurePast([(timedelta(days=7), 600)], TOPOLOGY)
