"""Loaded systemd services whose names match a pattern."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from grace_workers.discoveries.discovery import Discovery, Look
from grace_workers.drivers._shared.systemctl import Systemctl
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.field_types import FilePath, Timeout
from grace_workers.foundation.ids import TargetKind
from grace_workers.orchestration.discovery.sighting import Sighting

Pattern = Annotated[str, StringConstraints(max_length=255, pattern=r"^[A-Za-z0-9:_][A-Za-z0-9:_.\\@*?-]*\.service$")]
_SUFFIX = ".service"


class SystemdUnits(Document):
    """The loaded services of this machine whose names match a pattern, such as `shop-*.service`.

    `shop-web.service` becomes the target `shop-web`, and `shop-worker@1.service` becomes `shop-worker-1`.
    """

    patterns: tuple[Pattern, ...] = Field(min_length=1, max_length=50, description="Patterns with `*` and `?`.")
    manager: Literal["system", "user"] = Field(
        default="system", description="Whose units they are: the machine's, or those of Grace's own user."
    )
    runtime_dir: FilePath | None = Field(
        default=None, description="With `manager: user`, the user's `XDG_RUNTIME_DIR`. Default: `/run/user/<uid>`."
    )
    patience: Timeout = Field(default=timedelta(seconds=10), description="How long systemd may take to answer.")


def open_systemd_units(said: SystemdUnits) -> Look:
    """Return what lists the units."""
    manager = Systemctl(user=said.manager == "user", runtime_dir=said.runtime_dir, patience=said.patience)

    def look() -> Sequence[Sighting]:
        found = [one for pattern in said.patterns for one in manager.show(pattern, ("Id", "LoadState"))]
        units = {one["Id"] for one in found if one.get("Id", "").endswith(_SUFFIX) and one.get("LoadState") == "loaded"}
        return [Sighting(name=_name(unit), identity=unit, values={"unit": unit}) for unit in sorted(units)]

    return look


def _name(unit: str) -> str:
    return unit.removesuffix(_SUFFIX).replace("@", "-").replace(":", "-").lower()


def connection(said: SystemdUnits) -> Mapping[str, JsonValue]:
    """Return how such a unit is reached: through the same manager."""
    place = {"runtime_dir": str(said.runtime_dir)} if said.runtime_dir is not None else {}
    return {"unit": "{unit}", "manager": said.manager, **place}


EXAMPLE = """\
discoveries:
  - name: units
    kind: systemd_units
    options: {patterns: ["shop-*.service"]}
    labels: {service: shop}
"""

DEFINITION = Discovery(
    name="systemd_units",
    summary="Loaded systemd services whose names match a pattern.",
    options=SystemdUnits,
    open=open_systemd_units,
    values=frozenset({"unit"}),
    kind=TargetKind("systemd"),
    connection=connection,
    example=EXAMPLE,
)
