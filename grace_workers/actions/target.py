"""`Target`: anything the fleet may act on, and the domain it belongs to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetKind, TargetName

KERNEL = TargetKind("kernel")
"""The kind of the fleet's own kernels, which no one declares and no driver serves."""

KindName = Annotated[TargetKind, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A kind as a file names it. The drivers define which kinds exist."""

_MOST_LISTED = 20


class Ownership(StrEnum):
    """Whose target it is: the fleet's own, or someone else's, who must be asked."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class Aspect(StrEnum):
    """The aspect of a target that an action touches."""

    CODE = "code"
    CONFIG = "config"
    PERFORMANCE = "performance"
    DATA = "data"
    API = "api"
    INTEGRATION = "integration"
    INFRASTRUCTURE = "infrastructure"


class Domain(StrEnum):
    """The seven domains of governance (H1)."""

    INTERNAL_CODE = "internal_code"
    INTERNAL_CONFIG = "internal_config"
    INTERNAL_PERFORMANCE = "internal_performance"
    INTERNAL_DATA = "internal_data"
    EXTERNAL_API = "external_api"
    EXTERNAL_INTEGRATION = "external_integration"
    EXTERNAL_INFRASTRUCTURE = "external_infrastructure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One declared target. `connection` is what its driver reads, and never leaves the process unredacted.

    `roles` are the names of the roles it plays, None if unknown. `environment` is the identity that it must prove
    before each write, None if it need not. One that was not declared by hand has the name of the discovery that
    found it as its `origin`, and an `incarnation`, which differs once another thing has taken its name.
    """

    name: TargetName
    kind: TargetKind
    owner: Ownership
    connection: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[TargetName, ...] = ()
    roles: frozenset[str] | None = None
    environment: str | None = None
    origin: str | None = None
    incarnation: str | None = None


_INTERNAL = {
    Aspect.CODE: Domain.INTERNAL_CODE,
    Aspect.CONFIG: Domain.INTERNAL_CONFIG,
    Aspect.PERFORMANCE: Domain.INTERNAL_PERFORMANCE,
    Aspect.DATA: Domain.INTERNAL_DATA,
    Aspect.API: Domain.EXTERNAL_API,
    Aspect.INTEGRATION: Domain.EXTERNAL_INTEGRATION,
    Aspect.INFRASTRUCTURE: Domain.EXTERNAL_INFRASTRUCTURE,
}
_EXTERNAL = {
    Aspect.API: Domain.EXTERNAL_API,
    Aspect.CODE: Domain.EXTERNAL_INTEGRATION,
    Aspect.CONFIG: Domain.EXTERNAL_INTEGRATION,
    Aspect.INTEGRATION: Domain.EXTERNAL_INTEGRATION,
    Aspect.PERFORMANCE: Domain.EXTERNAL_INFRASTRUCTURE,
    Aspect.DATA: Domain.EXTERNAL_INFRASTRUCTURE,
    Aspect.INFRASTRUCTURE: Domain.EXTERNAL_INFRASTRUCTURE,
}


def undeclared(name: str, declared: Iterable[str]) -> str:
    """Return the message about a target that is not declared."""
    known = sorted(declared)
    listed = ", ".join(known[:_MOST_LISTED]) + (" …" if len(known) > _MOST_LISTED else "")
    return f"no target named {name[:80]!r}; declared targets: {listed or 'none'}"


def domain_of(owner: Ownership, aspect: Aspect) -> Domain:
    """Return the domain of an action that touches `aspect` of a target of `owner`."""
    return (_INTERNAL if owner is Ownership.INTERNAL else _EXTERNAL)[aspect]
