"""Declared discoveries: places where targets declare themselves."""

from typing import Annotated

from pydantic import Field, StringConstraints

from grace_workers.actions import KindName, Ownership
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.field_types import OneLine

DiscoveryName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
LabelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._/-]{0,99}$")]


class DiscoverySettings(Document):
    """One place where targets declare themselves, and what they may be at most.

    `options` are read by the discovery's `kind`. `kinds` are the kinds of targets that may be declared there, and
    `connection` is how such a target is reached, with placeholders such as `{address}`. Targets belong to others
    unless `owner` is `internal`. `labels` are given to every target; of its own labels a target keeps those of
    `keep_labels`, and `grace`, because that can only tighten. With `heartbeats`, a target may declare a heartbeat of
    its own, whose absence is a warning. If less than `keep_share` of the known targets are
    still seen, none is dropped until a person accepts it. If more than `most` are seen, none is taken.
    """

    name: DiscoveryName
    kind: DiscoveryName
    options: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    kinds: tuple[KindName, ...] = Field(default=(), max_length=50)
    owner: Ownership = Ownership.EXTERNAL
    connection: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    labels: dict[LabelName, OneLine] = Field(default_factory=dict)
    keep_labels: tuple[LabelName, ...] = Field(default=(), max_length=100)
    keep_share: float = Field(default=0.5, ge=0.0, le=1.0)
    most: int = Field(default=500, ge=1, le=5000)
    heartbeats: bool = False
