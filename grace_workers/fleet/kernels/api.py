"""The HTTP API of this node."""

from datetime import timedelta
from http import HTTPStatus

from grace_workers.fleet.kernel import Absent, Kernel, Limited, Readiness, Ready, Tier, Unready
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    if not probe.runs("api"):
        return Absent("this node runs no API; other nodes may")
    found = probe.api.facts()
    if found.health != HTTPStatus.OK:
        return Unready(f"/healthz returns {found.health}")
    if found.with_token is None:
        return Limited("/healthz returns 200", "a token of this node for a test call; run `grace token create`")
    if found.with_token != HTTPStatus.OK:
        return Unready(f"a call with this node's own token returns {found.with_token}")
    return Ready("/healthz and a call with this node's own token return 200")


DEFINITION = Kernel(
    name="api",
    tier=Tier.AGENTS,
    needs=("database", "secrets"),
    process="api",
    every=timedelta(seconds=5),
    readiness=_readiness,
)
