"""Playbooks."""

from typing import Self

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.foundation.document import JsonValue
from grace_workers.playbooks import Playbook


class PlaybookLineView(View):
    """A playbook as one line of a list."""

    name: str
    description: str
    version: int
    enabled: bool
    aspect: str
    mode: str | None
    causes: list[str]
    params: list[str]
    digest: str

    @classmethod
    def of_playbook(cls, playbook: Playbook) -> Self:
        """Return the line of a playbook."""
        return cls.of(playbook, causes=playbook.when.causes, params=list(playbook.params))


class PlaybooksView(View):
    """The playbooks in force, and the faults of files that were not taken."""

    playbooks: list[PlaybookLineView]
    faults: list[str]


class PlaybookView(View):
    """A playbook as its file defines it; the grammar is in the reference, as a JSON schema."""

    name: str
    description: str
    version: int
    enabled: bool
    when: dict[str, JsonValue]
    aspect: str
    mode: str | None
    params: dict[str, dict[str, JsonValue]]
    steps: list[dict[str, JsonValue]]
    expectations: list[dict[str, JsonValue]]
    guards: dict[str, JsonValue]
    budget: str
    digest: str

    @classmethod
    def of_playbook(cls, playbook: Playbook) -> Self:
        """Return the playbook with its digest."""
        return cls.model_validate(playbook.model_dump(mode="json") | {"digest": playbook.digest})


class PlaybookVersionLineView(View):
    """A playbook as plans were made of it, which its file may not say any more."""

    digest: str
    playbook: str
    first_at: Moment = Field(description="when it was planned with for the first time")


class PlaybookVersionView(PlaybookVersionLineView):
    """One version with its content."""

    content: dict[str, JsonValue]


class SectionView(View):
    """A heading and its lines."""

    title: str
    lines: list[str]


class ExplainedView(View):
    """A playbook in words."""

    name: str
    sections: list[SectionView]


class DryRunView(View):
    """What a playbook would do now."""

    name: str
    plan_digest: str
    sections: list[SectionView]
