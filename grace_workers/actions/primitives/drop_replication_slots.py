"""Drop replication slots that no one reads and for which a database keeps much of its log."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.params import Name
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.replication_slots import ReplicationSlot, ReplicationSlots
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document

_MOST = 10


class DropSlotsParams(Document):
    """Slots that no one reads are dropped if at least `retained_bytes` are kept for them, at most `most` of them.

    The slot for which most is kept goes first. Slots named in `spare` are never dropped.
    """

    retained_bytes: Annotated[int, Field(ge=1, le=1 << 60)] = 1 << 30
    most: Annotated[int, Field(ge=1, le=_MOST)] = 1
    spare: Annotated[tuple[Name, ...], Field(max_length=50)] = ()


class _Slot(Document):
    name: str
    kind: str
    plugin: str
    position: str
    retained: int


class _Content(Document):
    slots: tuple[_Slot, ...]


class DropSlots(Irrevocable[ReplicationSlots, DropSlotsParams, _Content]):
    """Drop replication slots that no one reads and for which a database keeps much of its log."""

    role = ReplicationSlots
    params = DropSlotsParams
    kept = _Content
    cannot = "a dropped slot cannot be made again at its place, because the log from there on is gone"

    def preview(self, server: ReplicationSlots, params: DropSlotsParams) -> Preview:
        """Name the slots, with the place in the log from which each is kept."""
        chosen, unread = _chosen(server, params), server.unread()
        changes = [
            f"drop the {one.kind} slot {one.name} at {one.position}, for which {one.retained} bytes of log are kept"
            for one in chosen
        ]
        share = len(chosen) / max(len(unread), len(chosen), 1)
        return Preview(changes=tuple(changes), blast=BlastRadius(count=len(chosen), unit="slot", share=share))

    def snapshot(self, server: ReplicationSlots, params: DropSlotsParams) -> _Content:
        """Keep what is known of the slots, for whoever must set up a reader again."""
        return _Content(slots=tuple(_kept(one) for one in _chosen(server, params)))

    def apply(self, server: ReplicationSlots, params: DropSlotsParams, before: _Content) -> Outcome:
        """Drop those slots of the snapshot that no one has read since."""
        del params
        dropped = [one for one in _left(server, before) if server.drop(one)]
        if not dropped:
            return unchanged("none of these slots is left without a reader")
        words = ", ".join(f"{one.name} at {one.position}" for one in dropped)
        return done(f"dropped {words}", slots=[one.name for one in dropped], bytes=sum(one.retained for one in dropped))

    def answers(self, server: ReplicationSlots, params: DropSlotsParams) -> bool:
        """Return whether the slots can be seen."""
        del params
        return len(server.unread()) >= 0

    def effect(self, server: ReplicationSlots, params: DropSlotsParams, before: _Content) -> Effect:
        """Present when none of the snapshot's slots is left without a reader."""
        del params
        return Effect.ABSENT if _left(server, before) else Effect.PRESENT


def _chosen(server: ReplicationSlots, params: DropSlotsParams) -> Sequence[ReplicationSlot]:
    due = [one for one in server.unread() if one.retained >= params.retained_bytes and one.name not in params.spare]
    return due[: params.most]


def _kept(one: ReplicationSlot) -> _Slot:
    return _Slot(name=one.name, kind=one.kind, plugin=one.plugin, position=one.position, retained=one.retained)


def _left(server: ReplicationSlots, before: _Content) -> Sequence[ReplicationSlot]:
    wanted = {(one.name, one.position) for one in before.slots}
    return [one for one in server.unread() if (one.name, one.position) in wanted]


DEFINITION = DropSlots().primitive(
    "drop_replication_slots",
    "Drop replication slots that no one reads and for which a database keeps much of its log.",
    aspect=Aspect.DATA,
    risk=0.5,
    worst=BlastRadius(count=_MOST, unit="slot", share=1.0),
    irreversible="A dropped slot is gone with the log that was kept for it; its reader must copy all data again.",
)
