"""Lists of target groups as Prometheus reads them: `[{"targets": ["host:port"], "labels": {…}}]`."""

import re
from collections.abc import Sequence

from pydantic import Field, RootModel, ValidationError

from grace_workers.foundation.document import Document, JsonValue, Lenient, sentence
from grace_workers.foundation.errors import PermanentError
from grace_workers.orchestration.discovery.sighting import Sighting

VALUES = frozenset({"address", "host", "port"})
MOST = 5_000
_BEAT = "grace_heartbeat_"
_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9a-fA-F:]{2,39}\])(?::(?P<port>[0-9]{1,5}))?")


class GroupOptions(Document):
    """What lists of target groups have in common."""

    name_label: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$",
        description="The label that names the target. Default: its address, with `-` in place of `:`.",
    )


class TargetGroup(Lenient):
    """Addresses with the labels that all of them have."""

    targets: tuple[str, ...] = Field(max_length=MOST)
    labels: dict[str, str] = Field(default_factory=dict)


_Groups = RootModel[tuple[TargetGroup, ...]]


def sightings(raw: JsonValue, options: GroupOptions, what: str) -> Sequence[Sighting]:
    """Return what the groups declare. `what` names the list in the error.

    Raises:
        PermanentError: it is no list of target groups.
    """
    try:
        groups = _Groups.model_validate(raw).root
    except ValidationError as error:
        raise PermanentError(f"{what} is no list of target groups: {sentence(error)}") from error
    return [_sighting(address, group, options) for group in groups for address in group.targets]


def _sighting(address: str, group: TargetGroup, options: GroupOptions) -> Sighting:
    found = _ADDRESS.fullmatch(address)
    plain = re.sub(r"[\[\]]", "", address).replace(":", "-").lower()
    named = group.labels.get(options.name_label or "", "") if options.name_label else plain
    # An address that is none reaches no connection: the name stays, so that the refusal can be told by it.
    parts = {} if found is None else {"address": address, "host": found["host"], "port": found["port"] or "80"}
    beat = {key.removeprefix(_BEAT): value for key, value in group.labels.items() if key.startswith(_BEAT)}
    return Sighting(name=named, identity=address[:300], values=parts, labels=group.labels, heartbeat=beat)
