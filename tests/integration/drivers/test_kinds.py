"""Kinds that a node's own definitions name are checked against the existing drivers."""

from pathlib import Path

import pytest

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.definitions import playbook_shelf, policy_of, targets_of
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import IncidentId, TargetName, uuid7
from grace_workers.foundation.yaml_file import SourceError
from grace_workers.playbooks import Occasion, bind
from grace_workers.settings import Settings
from tests.targets import DRIVERS

PLAYBOOK = """\
name: restart_it
description: Restarts what does not run.
version: 1
aspect: performance
when: {causes: [process_down], target_kinds: [KIND]}
steps: [{id: restart, primitive: restart_service}]
expectations: [{id: runs, check: alive, operator: "==", bound: 1, within: 10s}]
"""
POLICY = "version: 1\nrules: [{name: one, when: {target_kinds: [KIND]}, effect: review, why: we are asked}]\n"


@pytest.mark.parametrize("kind", [*DRIVERS.names, "kernel"])
def test_the_kinds_of_drivers_and_the_fleets_own_kind_are_known(tmp_path: Path, kind: str) -> None:
    settings = declared(tmp_path, kind)
    assert kind in playbook_shelf(settings, catalogs()).current()["restart_it"].when.target_kinds
    assert kind in policy_of(settings).rules[0].when.target_kinds


def test_an_unknown_kind_is_refused_and_the_error_lists_the_known_ones(tmp_path: Path) -> None:
    settings = declared(tmp_path, "procss")
    known = r"names unknown kind 'procss'; known: .*files, flags, .*process"
    with pytest.raises(SourceError, match=known):
        playbook_shelf(settings, catalogs())
    with pytest.raises(SourceError, match=known):
        policy_of(settings)


def test_a_playbook_fits_targets_of_any_kind_with_the_roles_of_its_steps(tmp_path: Path) -> None:
    said = [
        {"name": "shop", "kind": "process", "connection": {"command": ["true"], "pid_file": "shop.pid"}},
        {"name": "page", "kind": "http", "connection": {"url": "http://shop.example"}},
    ]
    settings = Settings(data_dir=tmp_path, targets=said)
    library, targets = playbook_shelf(settings, catalogs()).current(), targets_of(settings)
    assert bind(library, "restart_dead_service", on("shop"), targets).steps[0].target == "shop"
    with pytest.raises(InputError, match=r"target 'page' \(http\) does not support Restartable; it supports HttpProbe"):
        bind(library, "restart_dead_service", on("page"), targets)


def test_an_option_that_brings_a_role_makes_a_playbook_fit(tmp_path: Path) -> None:
    program = {"command": ["true"], "pid_file": "shop.pid"}
    said = [
        {"name": "quiet", "kind": "process", "connection": {**program, "log_control": "levels.json"}},
        {"name": "loud", "kind": "process", "connection": program},
    ]
    found = targets_of(Settings(data_dir=tmp_path, targets=said))
    assert found[TargetName("quiet")].roles == {"Restartable", "RunningProcesses", "LogLevels"}
    assert found[TargetName("loud")].roles == {"Restartable", "RunningProcesses"}


def on(target: str) -> Occasion:
    return Occasion(incident=IncidentId(uuid7()), subject=TargetName(target), proposer="ann", reason="it is down")


def declared(folder: Path, kind: str) -> Settings:
    """Return settings with a playbook and a policy that name the kind."""
    (folder / "playbooks").mkdir()
    (folder / "playbooks" / "restart_it.yaml").write_text(PLAYBOOK.replace("KIND", kind))
    (folder / "policy.yaml").write_text(POLICY.replace("KIND", kind))
    return Settings(playbooks=(folder / "playbooks",), policy=folder / "policy.yaml")
