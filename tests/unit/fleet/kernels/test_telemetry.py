from grace_workers.fleet import Absent, Limited, Ready, Unready
from grace_workers.fleet.kernels.telemetry import DEFINITION
from tests.conformance.kernel_worlds import PROCESSES, World, slot

BROKEN = World(shown="nothing")


def said(world: World):
    return DEFINITION.readiness(world)


def test_figures_that_are_kept_and_shown_are_ready():
    assert isinstance(said(World()), Ready)


def test_figures_that_lack_a_pool_are_not():
    assert said(World(ended={"healing": 1})).why == "the figures lack the pools coding, orchestration"


def test_metrics_that_lack_a_figure_are_not():
    assert "grace_job_wait_seconds" in said(World(shown="grace_jobs_processed 1\n")).why


def test_a_node_without_a_token_cannot_see_whether_they_are_shown_and_is_limited():
    found = said(World(processes=frozenset({"api"}), shown=None))
    assert isinstance(found, Limited)
    assert "grace token create" in found.lacks


def test_figures_that_are_no_longer_kept_are_not():
    assert isinstance(said(World(schedule=[slot("telemetry", succeeded_age=None)])), Unready)


def test_a_node_that_only_shows_them_asks_for_no_schedule():
    assert isinstance(said(World(processes=frozenset({"api"}), schedule=[])), Ready)


def test_a_node_that_neither_keeps_nor_shows_them_leaves_it_to_others():
    assert isinstance(said(World(processes=PROCESSES - {"api", "beat"})), Absent)


def test_the_test_that_runs_again_and_again_reads_one_figure_only():
    assert isinstance(said(World(thorough=False, ended={}, shown="grace_audit_sealed_entries 3\n")), Ready)


def test_nor_does_it_go_without_that_one():
    found = said(World(thorough=False, shown="grace_jobs_processed 1\n"))
    assert found.why == "the metrics lack grace_audit_sealed_entries"
