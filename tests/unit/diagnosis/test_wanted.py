from dataclasses import replace

from grace_workers.diagnosis import Knowledge, Subject, neighbourhood, wanted_evidence
from grace_workers.diagnosis.wanted import MOST_REQUESTS
from grace_workers.foundation.ids import TargetName
from tests.unit.diagnosis.findings_of import DB, FLAGS, LOGS, SHOP, SUBJECTS, incident, learned


def kinds(knowledge: Knowledge = Knowledge()) -> list[tuple[str, str]]:  # noqa: B008 - a frozen value
    return [(one.kind, one.subject) for one in wanted_evidence(incident(), SUBJECTS, knowledge)]


def test_the_complaining_target_and_its_dependencies_are_read_nearest_first() -> None:
    wanted = kinds()
    assert wanted[0] == ("alive", SHOP)
    for expected in (("lock_waiters", DB), ("flags", FLAGS), ("disk_used_ratio", LOGS), ("recent_errors", SHOP)):
        assert expected in wanted


def test_a_database_is_read_table_by_table_as_its_labels_say() -> None:
    wanted = wanted_evidence(incident(), SUBJECTS, Knowledge())
    assert [one.params for one in wanted if one.kind == "dead_tuples"] == [{"table": "orders"}, {"table": "carts"}]


def test_a_known_problem_needs_no_evidence() -> None:
    assert kinds(Knowledge((learned("process_down", verified=3),))) == []


def test_what_was_learned_on_another_target_is_not_exact_knowledge_of_this_one() -> None:
    elsewhere = replace(learned("process_down", verified=9), target=DB)
    assert kinds(Knowledge((elsewhere,))) != []


def test_one_verified_outcome_is_not_yet_a_known_problem() -> None:
    assert kinds(Knowledge((learned("process_down", verified=1),))) != []


def test_a_remedy_that_began_to_fail_is_no_longer_a_known_problem() -> None:
    assert kinds(Knowledge((learned("process_down", verified=2, unverified=3),))) != []


def test_knowledge_of_a_target_that_is_gone_does_not_count() -> None:
    assert kinds(Knowledge((learned("process_down", verified=9, subject=TargetName("gone")),))) != []


def test_an_unknown_target_is_not_read() -> None:
    assert list(wanted_evidence(incident(None), SUBJECTS, Knowledge())) == []
    assert list(wanted_evidence(incident(TargetName("ghost")), SUBJECTS, Knowledge())) == []


def test_a_circle_of_dependencies_ends() -> None:
    assert [one.name for one in neighbourhood(LOGS, SUBJECTS)] == [LOGS, SHOP, DB, FLAGS]


def test_a_wide_graph_is_read_within_a_limit() -> None:
    names = [TargetName(f"t{number}") for number in range(500)]
    subjects = {name: Subject(name=name, kind="process", depends_on=tuple(names)) for name in [SHOP, *names]}
    assert len(wanted_evidence(incident(), subjects, Knowledge())) == MOST_REQUESTS
