"""Catalogs, playbooks and occasions for the tests of this folder."""

from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Annotated, Any

from pydantic import Field

from grace_workers.actions import (
    Aspect,
    BlastRadius,
    Outcome,
    OutcomeStatus,
    Ownership,
    Preview,
    Primitive,
    Repeat,
    Reversibility,
    Snapshot,
    Span,
    Target,
)
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import IncidentId, TargetKind, TargetName, uuid7
from grace_workers.playbooks import Library, Occasion, Playbook, load_text


class MendParams(Document):
    patience: Span = timedelta(seconds=3)
    count: Annotated[int, Field(ge=1, le=9)] = 1
    words: tuple[str, ...] = ()
    name: str = ""


class ReadParams(Document):
    path: str = "/"


def primitive(name: str, aspect: Aspect = Aspect.PERFORMANCE, irreversible: str | None = None) -> Primitive[Any, Any]:
    return Primitive(
        name=name,
        summary="Mends something.",
        role=object,
        params=MendParams,
        aspect=aspect,
        risk=0.2,
        repeat=Repeat.IDEMPOTENT,
        preview=lambda role, params: Preview(changes=("mend it",), blast=BlastRadius(count=1, unit="thing", share=0.5)),
        snapshot=lambda role, params: Snapshot(primitive=name, content={}),
        apply=lambda role, params, before: Outcome(status=OutcomeStatus.DONE, detail="mended"),
        restore=lambda role, params, before: Outcome(status=OutcomeStatus.UNCHANGED, detail="nothing to do"),
        restored=lambda role, params, before: True,
        irreversible=irreversible,
        reversibility=Reversibility.REVERSIBLE if irreversible is None else Reversibility.IRREVERSIBLE,
    )


PRIMITIVES = Catalog(
    "primitive",
    {
        "mend": primitive("mend"),
        "purge": primitive("purge", Aspect.DATA),
        "burn": primitive("burn", irreversible="ash"),
    },
)
CHECKS = Catalog("check", {"alive": SimpleNamespace(name="alive", params=ReadParams, unit="")})
WEB, DATABASE, ELSEWHERE = TargetName("web"), TargetName("database"), TargetName("elsewhere")
TARGETS: Mapping[TargetName, Target] = {
    WEB: Target(
        name=WEB, kind=TargetKind("process"), owner=Ownership.INTERNAL, labels={"tier": "front", "path": "/ok"}
    ),
    DATABASE: Target(name=DATABASE, kind=TargetKind("postgres"), owner=Ownership.INTERNAL),
    ELSEWHERE: Target(name=ELSEWHERE, kind=TargetKind("process"), owner=Ownership.EXTERNAL),
}

TEXT = """\
name: mend_it
description: Mends what is broken.
version: 1
when: {causes: [broken]}
aspect: performance
steps:
  - id: mend
    primitive: mend
expectations:
  - {id: runs, check: alive, operator: "==", bound: 1, within: 10s}
"""


def load(text: str = TEXT, name: str = "playbooks/mend_it.yaml") -> Playbook:
    return load_text(text, name, PRIMITIVES, CHECKS)


def library(*texts: str) -> Library:
    playbooks = [load(text, f"playbooks/{text.split()[1]}.yaml") for text in texts or (TEXT,)]
    return Library(playbooks, PRIMITIVES, CHECKS)


def occasion(**changes: Any) -> Occasion:
    given: dict[str, Any] = {"incident": IncidentId(uuid7()), "subject": WEB, "proposer": "grace", "reason": "it broke"}
    return Occasion(**{**given, **changes})
