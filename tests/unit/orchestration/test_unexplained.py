"""Incidents without a cause, from a whole line to a cause's file that a person can take over."""

from dataclasses import replace
from datetime import timedelta

import pytest
import yaml

from grace_workers.diagnosis import Causes, load_cause
from grace_workers.orchestration.operations import close
from grace_workers.orchestration.unexplained import unexplained
from grace_workers.signals import sign
from tests.builders import DATABASE, WEB, Ward
from tests.shipped_causes import TERMS

UNKNOWN = {"labels": {"cause": "unknown"}}
LINE = "ERROR pool 7 of the shop refused 17 connections: too many clients by far"


@pytest.fixture
def ward() -> Ward:
    return Ward()


def puzzle(ward: Ward, *names: str, target=WEB, text=LINE) -> None:
    for at, name in enumerate(names):
        ward.fall_ill(target, name=name, text=text, signature=sign(f"{name}{at}"), key=f"{name}{at}{target}", **UNKNOWN)
        ward.work()
        # Far apart, so that they are not taken for one incident.
        ward.clock.advance(timedelta(hours=2))


def test_a_fleet_that_understands_everything_has_none(ward: Ward) -> None:
    ward.fall_ill()
    ward.work()
    puzzle(ward, "Once")
    assert unexplained(ward.line) == []


def test_incidents_that_show_the_same_are_told_with_what_they_share(ward: Ward) -> None:
    puzzle(ward, "PoolFull", "PoolFull", "PoolFull")
    (found,) = unexplained(ward.line)
    assert (found.name, len(found.incidents), found.targets) == ("learned_poolfull", 3, ["web"])
    assert "signal PoolFull" in found.shared
    assert any("too many clients by far" in one for one in found.shared)


def test_incidents_that_people_closed_count(ward: Ward) -> None:
    puzzle(ward, "PoolFull", "PoolFull")
    (before,) = unexplained(ward.line)
    close(ward.ledger, ward.clock, before.incidents[0], by="ann", reason="made the pool larger")
    (after,) = unexplained(ward.line)
    assert after.incidents == before.incidents


def test_the_file_is_a_cause_that_recognises_the_next_one(ward: Ward) -> None:
    puzzle(ward, "PoolFull", "PoolFull")
    (found,) = unexplained(ward.line)
    cause = load_cause(found.cause, f"{found.name}.yaml", TERMS)
    assert cause.kinds == ("process",)
    assert cause.words == ("connections: too many clients by far",)
    assert yaml.safe_load(found.cause)["examples"] == [{"signal": {"name": "PoolFull", "summary": "web is ill"}}]
    ward.line = replace(ward.line, causes=lambda: Causes([cause]))
    assert unexplained(ward.line)


def test_clusters_of_one_name_are_named_apart(ward: Ward) -> None:
    puzzle(ward, "Odd", "Odd")
    puzzle(ward, "Odd!", "Odd!", target=DATABASE, text="WARN the moon is full and nobody sleeps tonight")
    names = {one.name for one in unexplained(ward.line)}
    assert names == {"learned_odd", "learned_odd_2"}
    assert {yaml.safe_load(one.cause)["name"] for one in unexplained(ward.line)} == names
