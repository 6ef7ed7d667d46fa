"""Error recognition: raw lines and tracebacks become stable signatures."""

from collections.abc import Iterator
from datetime import timedelta

from grace_workers.fleet.kernel import Kernel, Readiness, Ready, Tier, Unready
from grace_workers.fleet.probe import Probe
from grace_workers.signals import sign

_TRACEBACK = """\
Traceback (most recent call last):
  File "/srv/shop/checkout.py", line {line}, in pay
    charge(card)
  File "/srv/shop/gateway.py", line 7, in charge
    raise GatewayError(reason)
shop.errors.GatewayError: {message}
"""


def _readiness(probe: Probe) -> Readiness:
    del probe
    faults = list(_faults())
    return Unready("; ".join(faults)) if faults else Ready("equal failures get one signature, unlike ones get two")


def _faults() -> Iterator[str]:
    """Yield what recognition gets wrong. The inputs differ only as named, so any two answers can be compared."""
    at_nine = sign("ERROR db", text="2026-01-07 09:00:00 connection 17 to 10.0.0.1:5432 lost after 3.5 ms")
    at_ten = sign("ERROR db", text="2026-01-08 10:11:12 connection 9000 to 10.0.0.77:5433 lost after 250 ms")
    if at_nine != at_ten:
        yield "numbers, times and addresses change a signature"
    if at_nine == sign("ERROR db", text="2026-01-07 09:00:00 disk 17 of 10.0.0.1:5432 full after 3.5 ms"):
        yield "two different errors get one signature"
    raised = sign("ERROR shop", text=_TRACEBACK.format(line=3, message="declined"))
    moved = sign("ERROR shop", text=_TRACEBACK.format(line=99, message="limit of 'bob' reached"))
    if raised != moved:
        yield "line numbers and messages change the signature of a traceback"
    if not raised.startswith("GatewayError@shop.gateway:charge~"):
        yield f"a traceback is named {raised!r} instead of by its exception and innermost frame"


DEFINITION = Kernel(
    name="error_recognition",
    tier=Tier.KNOWLEDGE,
    host="orchestration",
    every=timedelta(seconds=60),
    readiness=_readiness,
)
