"""The seven domains, from the freest to the strictest, and how far people must agree by default in each (H1)."""

from collections.abc import Iterable
from types import MappingProxyType

from grace_workers.actions import Domain
from grace_workers.playbooks.plan import Mode

DEFAULT_MODES = MappingProxyType(
    {
        Domain.INTERNAL_PERFORMANCE: Mode.AUTO,
        Domain.INTERNAL_CONFIG: Mode.AUTO,
        Domain.INTERNAL_CODE: Mode.AUTO,
        Domain.INTERNAL_DATA: Mode.REVIEW,
        Domain.EXTERNAL_API: Mode.PERMISSION,
        Domain.EXTERNAL_INTEGRATION: Mode.PERMISSION,
        Domain.EXTERNAL_INFRASTRUCTURE: Mode.PERMISSION,
    }
)


def strictest(domains: Iterable[Domain]) -> Domain:
    """Return the strictest of `domains`, of which there is at least one."""
    order = list(DEFAULT_MODES)
    return max(domains, key=order.index)
