"""The self-test that the three worker pools share."""

from collections.abc import Callable
from secrets import token_hex

from grace_workers.fleet.kernel import Absent, Limited, Readiness, Ready, Unready
from grace_workers.fleet.probe import Probe


def pool_readiness(pool: str, *, lacks: str = "") -> Callable[[Probe], Readiness]:
    """Return the self-test of this node's worker of `pool`.

    The worker must report over the broker that it is at work and takes jobs from the pool's queues. A canary job
    goes through it at intervals; when the full contract is asked for, one must come back at once. `lacks` names
    what its jobs need and does not exist yet.
    """

    def readiness(probe: Probe) -> Readiness:
        if not probe.runs(pool):
            return Absent(f"this node runs no {pool} pool; other nodes may")
        found = _answering(probe, pool)
        if isinstance(found, Ready):
            found = _carrying(probe, pool) if probe.thorough else _patrolled(probe, pool, found)
        return Limited(found.seen, lacks) if isinstance(found, Ready) and lacks else found

    return readiness


def _answering(probe: Probe, pool: str) -> Readiness:
    worker = probe.broker.worker(pool, probe.instance)
    if not worker.answers:
        return Unready(f"the {pool} worker of {probe.instance} does not answer over the broker")
    if pool in worker.queues:
        return Ready(f"the worker answers and takes jobs from {', '.join(sorted(worker.queues))}")
    member = probe.database.member()
    if member is not None and not member.health.consumes:
        # It stopped on purpose; a restart would make it take jobs that it must not have.
        return Limited(f"the worker answers; {probe.instance} is {member.health}", f"jobs while it is {member.health}")
    return Unready(f"the {pool} worker of {probe.instance} answers but takes no jobs from the queue {pool!r}")


def _patrolled(probe: Probe, pool: str, found: Ready) -> Readiness:
    wrong = probe.patrol.look(pool)
    if wrong is None:
        return found
    if wrong.instance is None:
        return Unready(
            f"the {pool} worker reports that it is at work, but a canary job has not run; it is {wrong.state}"
        )
    return Unready(f"a canary job in the {pool} pool came back changed, through {wrong.instance}")


def _carrying(probe: Probe, pool: str) -> Readiness:
    nonce = token_hex(8)
    came = probe.canaries.fly(pool, nonce)
    if came.instance is None:
        return Unready(f"a canary job in the {pool} pool was not run in time; it is {came.state}")
    if came.instance != probe.instance:
        return Unready(f"a canary job for {probe.instance} was run by {came.instance}")
    if came.nonce != nonce:
        return Unready(f"a canary job in the {pool} pool came back {came.state} with {came.nonce!r} for {nonce!r}")
    return Ready(f"the worker answers, and a canary job came back through {probe.instance}")
