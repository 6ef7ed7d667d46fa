from dataclasses import replace

import pytest

from grace_workers.diagnosis import (
    Knowledge,
    KnowledgeEntry,
    neighbourhood,
    recognised,
    refuting_evidence,
    wanted_evidence,
)
from grace_workers.diagnosis.requests import MOST_REQUESTS
from grace_workers.foundation.ids import TargetName
from tests.shipped_causes import CAUSES, CHECKS
from tests.unit.diagnosis.findings_of import DB, FLAGS, LOGS, SHOP, SUBJECTS, incident, learned


def kinds() -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in wanted_evidence(incident(), SUBJECTS, CHECKS)]


def test_the_complaining_target_and_its_dependencies_are_read_nearest_first() -> None:
    wanted = kinds()
    assert wanted[0] == ("alive", SHOP)
    for expected in (("lock_waiters", DB), ("flags", FLAGS), ("disk_used_ratio", LOGS), ("recent_errors", SHOP)):
        assert expected in wanted


def test_a_database_is_read_table_by_table_as_its_labels_say() -> None:
    wanted = wanted_evidence(incident(), SUBJECTS, CHECKS)
    assert [one.params for one in wanted if one.kind == "dead_tuples"] == [{"table": "orders"}, {"table": "carts"}]


def known(*entries: KnowledgeEntry) -> str | None:
    found = recognised(incident(), SUBJECTS, Knowledge(entries), CAUSES)
    return None if found is None else found[0].cause


def test_a_known_problem_needs_one_reading_the_one_that_could_refute_it() -> None:
    entry = learned("process_down", verified=3)
    assert known(entry) == "process_down"
    (wanted,) = refuting_evidence(CAUSES["process_down"], SUBJECTS[SHOP], {}, [SUBJECTS[SHOP]], CHECKS)
    assert (wanted.kind, wanted.subject) == ("alive", SHOP)


def test_only_the_table_that_was_bloated_before_is_read_again() -> None:
    wanted = refuting_evidence(CAUSES["table_bloat"], SUBJECTS[DB], {"table": "carts"}, [SUBJECTS[DB]], CHECKS)
    assert [one.params for one in wanted] == [{"table": "carts"}]


@pytest.mark.parametrize("cause", ["missing_module", "permission_denied", "requested", "bad_flag"])
def test_a_cause_that_no_reading_shows_is_never_known_however_often_it_was_verified(cause: str) -> None:
    assert known(learned(cause, verified=99)) is None


def test_what_was_learned_on_another_target_is_not_exact_knowledge_of_this_one() -> None:
    assert known(replace(learned("process_down", verified=9), target=DB)) is None


def test_one_verified_outcome_is_not_yet_a_known_problem() -> None:
    assert known(learned("process_down", verified=1)) is None


def test_a_remedy_that_began_to_fail_is_no_longer_a_known_problem() -> None:
    assert known(learned("process_down", verified=2, unverified=3)) is None


def test_knowledge_of_a_target_that_is_gone_does_not_count() -> None:
    assert known(learned("process_down", verified=9, subject=TargetName("gone"))) is None


def test_an_unknown_target_is_not_read() -> None:
    assert list(wanted_evidence(incident(None), SUBJECTS, CHECKS)) == []
    assert list(wanted_evidence(incident(TargetName("ghost")), SUBJECTS, CHECKS)) == []


def test_a_circle_of_dependencies_ends() -> None:
    assert [one.name for one in neighbourhood(LOGS, SUBJECTS)] == [LOGS, SHOP, DB, FLAGS]


def test_a_wide_graph_is_read_within_a_limit() -> None:
    names = [TargetName(f"t{number}") for number in range(500)]
    subjects = {name: replace(SUBJECTS[SHOP], name=name, depends_on=tuple(names)) for name in [SHOP, *names]}
    assert len(wanted_evidence(incident(), subjects, CHECKS)) == MOST_REQUESTS
