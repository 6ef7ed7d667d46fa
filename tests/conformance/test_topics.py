"""Every topic of the event mesh: its address, its key, a body that round-trips, and how releases read each other."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import EventId, uuid7
from grace_workers.orchestration.events.mesh import declared, draft, topic_at
from grace_workers.orchestration.events.topic import Event

ID = UUID("018f0000-0000-7000-8000-000000000000")
NOON = "2026-01-01T12:00:00Z"
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "incident_moved": (
        "incident.moved",
        str(ID),
        {
            "incident": str(ID),
            "version": 2,
            "state": "diagnosed",
            "stage": "diagnosis",
            "severity": "error",
            "target": None,
            "signature": "web|down",
            "headline": "process is down",
            "outcome": "ok",
        },
    ),
    "job_ended": (
        "job.ended",
        str(ID),
        {
            "job": str(ID),
            "name": "incident.advance",
            "pool": "healing",
            "state": "dead",
            "priority": 5,
            "attempt": 5,
            "incident": str(ID),
            "error": "boom",
        },
    ),
    "kernel_changed": (
        "kernel.changed",
        "here/database",
        {"instance": "here", "kernel": "database", "before": None, "after": "ready", "why": "", "restarts": 0},
    ),
    "autonomy_changed": (
        "autonomy.changed",
        "cure/internal_data",
        {
            "playbook": "cure",
            "domain": "internal_data",
            "before": "L3",
            "after": "L2",
            "by": "grace",
            "reason": "3 runs in a row missed",
        },
    ),
    "brake_changed": (
        "brake.changed",
        "service=shop",
        {
            "scope": "service=shop",
            "on": True,
            "reason": "20 runs within an hour",
            "by": "instance:here",
        },
    ),
    "kernel_canary": ("kernel.canary", "here", {"instance": "here", "nonce": "tweet"}),
    "node_boot": (
        "node.boot",
        "here",
        {
            "instance": "here",
            "phase": "preflight",
            "step": "ports",
            "state": "passed",
            "at": NOON,
            "seconds": 0.1,
            "detail": "",
        },
    ),
    "instance_changed": (
        "instance.changed",
        "here",
        {
            "instance": "here",
            "epoch": 3,
            "change": "died",
            "health": "healthy",
            "pools": ["healing"],
            "roles": ["control"],
            "why": "",
        },
    ),
    "switch_turned": (
        "switch.turned",
        "freeze",
        {"switch": "freeze", "on": True, "reason": "the audit", "by": "ann"},
    ),
    "cycle_paused": (
        "cycle.paused",
        "goals",
        {"cycle": "goals", "paused": True, "reason": "the move", "by": "ann"},
    ),
    "finding_changed": (
        "finding.changed",
        "improvement:flaps:web",
        {
            "cycle": "improvement",
            "finding": "flaps:web",
            "title": "web flaps",
            "holds": True,
            "figures": {"signals": 40.0},
            "proposal": None,
        },
    ),
    "improvement_moved": (
        "improvement.moved",
        "playbook:restart_web",
        {
            "kind": "playbook",
            "subject": "restart_web",
            "change": "min_confidence: 0.70",
            "state": "kept",
            "told": "it helped",
            "before": 0.5,
            "predicted": 0.9,
            "since": 0.95,
        },
    ),
    "approval_asked": (
        "approval.asked",
        str(ID),
        {
            "approval": str(ID),
            "incident": str(ID),
            "plan": str(ID),
            "plan_digest": "d",
            "mode": "permission",
            "role": "approver",
            "quorum": 1,
            "expires_at": NOON,
        },
    ),
    "approval_answered": (
        "approval.answered",
        str(ID),
        {
            "approval": str(ID),
            "incident": str(ID),
            "by": "kim",
            "role": "approver",
            "approved": True,
            "reason": "safe",
        },
    ),
    "learning_updated": (
        "learning.updated",
        "restart_dead_service",
        {
            "incident": str(ID),
            "playbook": "restart_dead_service",
            "signature": "web|down",
            "ending": "verified",
            "restored": None,
            "verified": 1,
            "ineffective": 0,
            "failed": 0,
            "inconclusive": 0,
            "confidence": 0.5,
            "knowledge": None,
        },
    ),
    "task_code_refactor": (
        "task.code_refactor",
        "split_large_file",
        {
            "intent": "split_large_file",
            "targets": ["shop/orders.py"],
            "steps": [],
            "description": "too long",
            "acceptance": ["tests stay green"],
            "priority": 5,
            "auto_merge": False,
            "repository": "shop-code",
            "options": {"max_lines": 300},
        },
    ),
}


def event(topic: str, body: dict[str, Any]) -> Event:
    now = datetime.now(UTC)
    return Event(position=1, id=EventId(uuid7()), topic=topic, key="k", body=body, at=now, logged_at=now)


def test_every_topic_has_a_case_here():
    assert {*CASES} == {*declared().names}


@pytest.mark.parametrize("name", CASES)
def test_a_body_is_published_under_its_key_and_read_back_as_it_was(name: str):
    address, key, raw = CASES[name]
    topic = topic_at(address)
    body = topic.body.model_validate(raw)
    made = draft(topic, body)
    assert (topic.name, made.topic, made.key) == (name, address, key)
    assert body.model_dump(mode="json") == raw
    assert event(address, raw).read(topic) == body


@pytest.mark.parametrize("name", CASES)
def test_a_newer_release_may_add_fields_that_this_one_leaves_out(name: str):
    address, _, raw = CASES[name]
    topic = topic_at(address)
    assert event(address, {**raw, "invented_later": {"deep": 1}}).read(topic) == topic.body.model_validate(raw)


@pytest.mark.parametrize("name", CASES)
def test_a_body_with_an_unknown_field_is_not_published(name: str):
    address, _, raw = CASES[name]
    with pytest.raises(InputError, match="invented"):
        topic_at(address).body.read({**raw, "invented": 1}, "body")


def test_an_unknown_address_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"unknown topic 'no\.such'; known: approval\.answered, .*task\.code_refactor"):
        topic_at("no.such")


def test_an_event_is_not_read_as_another_topic():
    _, _, raw = CASES["node_boot"]
    with pytest.raises(InputError, match=r"is of topic 'node\.boot', not 'kernel\.changed'"):
        event("node.boot", raw).read(topic_at("kernel.changed"))


def test_a_body_that_does_not_fit_any_more_says_which_field():
    with pytest.raises(InputError, match=r"of node\.boot: instance: Field required"):
        event("node.boot", {"phase": "p", "step": "s", "state": "passed"}).read(topic_at("node.boot"))
