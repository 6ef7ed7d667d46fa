"""Reading targets: what is read can be stored, and what cannot be read is no evidence."""

from dataclasses import replace

import pytest

from grace_workers import checks
from grace_workers.actions import ErrorLog, Flag, FlagStore, Outcome, OutcomeStatus
from grace_workers.checks import Check
from grace_workers.diagnosis import EvidenceRequest
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.errors import PermanentError
from grace_workers.orchestration.line.execution import failed, outcome_json
from grace_workers.orchestration.line.readings import observe, read_check, read_evidence, read_facts
from grace_workers.testing import START, MemoryErrorLog, MemoryFlags, MemoryWorld
from tests import patients
from tests.builders import WEB, Patient, Ward, plan

CHECKS = Catalog("check", {one.name: one for one in (*discover(checks, Check, label="check"), *patients.CHECKS)})


@pytest.fixture
def ward() -> Ward:
    ward = Ward()
    log = MemoryErrorLog(lines=[(START, "a\x00b \udc80"), (START, "x" * 9_000)])
    flag = Flag(key="k\x00", enabled=True, variant="on", variants=("on", "off"))
    roles = {(WEB, ErrorLog): log, (WEB, FlagStore): MemoryFlags(stored={flag.key: flag})}
    world = MemoryWorld(roles={**roles, (WEB, Patient): ward.patients[WEB]})
    ward.line = replace(ward.line, world=world, checks=CHECKS)
    return ward


def test_error_lines_are_cut_and_cleaned_of_what_cannot_be_stored(ward: Ward) -> None:
    assert read_facts(ward.line, "recent_errors", WEB, {}) == ["a\N{REPLACEMENT CHARACTER}b ?", "x" * 4_000]


def test_flags_are_cleaned_of_what_cannot_be_stored(ward: Ward) -> None:
    (found,) = read_evidence(ward.line, [EvidenceRequest(kind="flags", subject=WEB)]).evidence
    assert isinstance(found.value, list)
    assert "\x00" not in str(found.value)


@pytest.mark.parametrize("reading", [float("nan"), float("inf")])
def test_a_reading_that_is_no_number_is_none(ward: Ward, reading: float) -> None:
    ward.patients[WEB].ill = reading
    with pytest.raises(PermanentError, match="not a usable number"):
        read_check(ward.line, "illness", WEB, {})
    wanted = EvidenceRequest(kind="illness", subject=WEB)
    (unread,) = read_evidence(ward.line, [wanted]).failed
    assert (unread.request, "not a usable number" in unread.why) == (wanted, True)
    seen = observe(ward.line, plan().expectations[0], ward.clock.now())
    assert (seen.value, "not a usable number" in str(seen.error)) == (None, True)


def test_what_a_target_has_no_role_for_is_left_out(ward: Ward) -> None:
    wanted = [EvidenceRequest(kind="alive", subject=WEB), EvidenceRequest(kind="illness", subject=WEB)]
    seen = read_evidence(ward.line, wanted)
    assert ([one.kind for one in seen.evidence], seen.failed) == (["illness"], ())


def test_facts_are_no_number_and_a_number_is_no_facts(ward: Ward) -> None:
    with pytest.raises(PermanentError, match="not a usable number"):
        read_check(ward.line, "flags", WEB, {})
    with pytest.raises(PermanentError, match="not a list of facts"):
        read_facts(ward.line, "illness", WEB, {})


def test_secrets_in_a_watched_log_are_stars_also_where_they_go_over_lines(ward: Ward) -> None:
    lines = ["login password=hunter2Zq", "-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "disk full"]
    log = MemoryErrorLog(lines=[(START, text) for text in lines])
    ward.line = replace(ward.line, world=MemoryWorld(roles={(WEB, ErrorLog): log}))
    assert read_facts(ward.line, "recent_errors", WEB, {}) == ["login password=***", "***", "***", "disk full"]
    (found,) = read_evidence(ward.line, [EvidenceRequest(kind="recent_errors", subject=WEB)]).evidence
    assert "hunter2Zq" not in str(found.value)


def test_secrets_in_what_a_step_said_are_stars() -> None:
    outcome = failed(ValueError("dial postgres://bob:hunter2Zq@db/shop"))
    assert outcome.detail == "ValueError: dial postgres://***@db/shop"
    said = Outcome(status=OutcomeStatus.DONE, detail="x", data={"stdout": "DB_PASS=hunter2Zq", "env": {"DB_PASS": "y"}})
    assert outcome_json(said)["data"] == {"stdout": "DB_PASS=***", "env": {"DB_PASS": "***"}}
