"""The API's answers stay as they are, whatever Grace renames inside: each answer is compared with a stored one.

`tests/data/api-answers.json` holds the answers, key by key in their order. A difference here is a change of the public
API: add another field instead, or say it in the changelog.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from grace_workers.entrypoints.api.views import (
    audit,
    event,
    fleet,
    governance,
    incident,
    kernel,
    playbook,
    practice,
    status,
    task,
)
from grace_workers.entrypoints.api.views import signal as signals
from grace_workers.entrypoints.api.views.view import View
from tests.unit.api import answer_samples as samples
from tests.unit.api import fleet_samples as members

STORED: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "api-answers.json").read_text())

ANSWERS: dict[str, View] = {
    "task": task.TaskView.of_task(samples.TASK),
    "job": task.JobView.of(samples.JOB),
    "incident_line": incident.IncidentLineView.of_dossier(samples.DOSSIER),
    "incident_story": incident.IncidentStoryView.of_view(samples.VIEW, None),
    "signal": signals.SignalView.of_both(samples.SIGNAL, samples.RECEIPT),
    "receipt": signals.ReceiptView.of(samples.RECEIPT),
    "left_out": signals.LeftOutView.of(samples.LEFT_OUT),
    "approval": governance.ApprovalView.of(samples.APPROVAL),
    "event": event.EventView.of(samples.EVENT),
    "standing": event.SubscriptionView.of(samples.STANDING),
    "parked": event.ParkedEventView.of(samples.PARKED),
    "token": governance.TokenView.of(samples.TOKEN),
    "knowledge": status.KnowledgeView.of_entry(members.KNOWLEDGE),
    "cause": status.KnowledgeView.of_cause(members.CAUSE),
    "instance": fleet.InstanceView.of_instance(members.INSTANCE),
    "raw_instance": status.MemberView.of(members.INSTANCE),
    "raw_kernel": kernel.KernelView.of(members.KERNEL),
    "raw_order": kernel.OrderView.of(members.ORDER),
    "raw_track": status.TrackRecordView.of(members.TRACK),
    "raw_episode": status.EpisodeView.of(samples.EPISODE),
    "practised_run": practice.PractisedRunView.of(samples.EPISODE),
    "raw_count": status.JobCountView.of(members.COUNT),
    "raw_figures": status.PoolView.of(members.FIGURES),
    "raw_load": status.AgentView.of(members.LOAD),
    "raw_section": playbook.SectionView.of(samples.SECTION),
    "raw_switch": governance.SwitchView.of(samples.SWITCH),
    "raw_entry": audit.EntryView.of(samples.ENTRY),
    "raw_happening": incident.TimelineView.of(samples.HAPPENING),
}


def test_every_stored_answer_is_compared() -> None:
    assert ANSWERS.keys() == STORED.keys()


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_as_it_was_stored_with_its_keys_in_their_order(name: str) -> None:
    shown = json.dumps(ANSWERS[name].model_dump(mode="json"), indent=1, ensure_ascii=False)
    assert shown == json.dumps(STORED[name], indent=1, ensure_ascii=False)


def test_a_field_that_was_renamed_inside_fails_and_does_not_vanish() -> None:
    class Renamed:
        seq, envelope = None, dict[str, str]()

    with pytest.raises(AttributeError, match="data"):
        audit.EntryView.of(Renamed())
