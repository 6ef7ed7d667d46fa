"""What people are told about signals that name no declared target."""

from typing import Any

import yaml

from grace_workers.entrypoints.cli.unmatched import NOTHING, advice
from grace_workers.settings import TargetSettings


def one(name: str = "Down", **labels: str) -> dict[str, Any]:
    return {"name": name, "labels": labels}


def declared(told: str) -> list[dict[str, Any]]:
    return [target for part in told.split("\n\n") for target in (yaml.safe_load(part) or {}).get("targets", [])]


def test_nothing_unmatched_is_said_so() -> None:
    assert advice([]) == NOTHING


def test_signals_are_grouped_by_what_seems_to_name_the_target_the_largest_first() -> None:
    found = [one("A", service="x"), one("A", service="checkout"), one("B", service="checkout", job="j")]
    told = advice(found).split("\n\n")
    assert told[0].startswith('# 2 signals: A x1, B x1, by service "checkout"')
    assert told[1].startswith('# 1 signal: A x1, by service "x"')


def test_each_group_can_be_pasted_and_is_a_valid_declaration() -> None:
    found = [one(service="checkout"), one(instance="10.0.0.5:9100"), one(job="My Job; rm -rf"), one(target="ünï")]
    targets = [TargetSettings.model_validate(target) for target in declared(advice(found))]
    assert {target.name for target in targets} == {"checkout", "10.0.0.5-9100", "my-job-rm-rf", "n"}


def test_a_name_that_no_target_can_have_is_said_with_the_label_that_helps() -> None:
    assert "add the label `grace_target: 10.0.0.5-9100` to the alert's rule" in advice([one(instance="10.0.0.5:9100")])


def test_a_signal_without_any_such_label_is_told_which_to_add() -> None:
    told = advice([one(host="web-7"), one(host="web-8", zone="a"), one()])
    assert told.endswith(
        "# no label names a target (labels: host, zone): add the label grace_target to the alert's rule"
    )
    assert advice([one()]).endswith("# no label names a target: add the label grace_target to the alert's rule")


def test_foreign_text_neither_breaks_out_of_the_comment_nor_moves_the_cursor() -> None:
    told = advice([one("evil\n- name: x\x1b[2J", service="a\n  - name: b\x1b]0;t\x07\u202e")])
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert [target["name"] for target in declared(told)] == ["a-name-b-0-t"]


def test_many_groups_are_cut_and_counted() -> None:
    assert advice([one(service=f"s{n}") for n in range(30)]).endswith("and 10 more groups; see them with --json")
