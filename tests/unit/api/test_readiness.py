"""What `/readyz` says of the playbooks."""

from grace_workers.entrypoints.api.readiness import Finding, of_playbooks


def test_a_faulty_edit_leaves_the_fleet_ready_but_degraded_and_is_named():
    found = of_playbooks(["mine:1: the folder cannot be read"], 9)
    assert (found.ok, found.degraded) == (True, True)
    assert found.reason == "the last 9 good ones stay in force: mine:1: the folder cannot be read"


def test_sound_playbooks_are_counted():
    assert of_playbooks([], 9) == Finding("playbooks", True, "9 loaded")
