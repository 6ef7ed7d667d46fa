from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from grace_workers.actions import Domain, Span
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.playbooks import Mode, bind
from grace_workers.playbooks.crosscheck import accept
from tests.unit.playbooks.kit import DATABASE, ELSEWHERE, TARGETS, TEXT, WEB, library, occasion

PARAMS = """\
params:
  patience: {type: duration, default: 5s}
  count: {type: integer, required: true}
  path: {type: string, default: "{{ label.path }}"}
steps:
  - id: mend
    primitive: mend
    params: {patience: "{{ params.patience }}", count: "{{ params.count }}", name: "{{ target }}/{{ incident.id }}"}
expectations:
  - {id: runs, check: alive, operator: "==", bound: "{{ params.count }}", within: 10s}
  - {id: answers, check: alive, params: {path: "{{ params.path }}"}, operator: "==", bound: 1, within: 10s, given: path}
"""
WITH_PARAMS = TEXT[: TEXT.index("steps:")] + PARAMS


def test_every_template_is_filled_in_with_its_type():
    wish = occasion(params={"count": 4})
    plan = bind(library(WITH_PARAMS), "mend_it", wish, TARGETS)
    assert plan.steps[0].params == {"patience": "5s", "count": 4, "name": f"web/{wish.incident}"}
    assert [(item.id, item.bound, dict(item.params)) for item in plan.expectations] == [
        ("runs", 4.0, {}),
        ("answers", 1.0, {"path": "/ok"}),
    ]


def test_an_expectation_counts_only_where_its_param_is_given():
    plan = bind(library(WITH_PARAMS), "mend_it", occasion(subject=DATABASE, params={"count": 4}), TARGETS)
    assert [item.id for item in plan.expectations] == ["runs"]


def test_a_value_that_the_primitive_does_not_take_is_refused():
    with pytest.raises(InputError, match="playbook 'mend_it': step 'mend': count: Input should be less"):
        bind(library(WITH_PARAMS), "mend_it", occasion(params={"count": 99}), TARGETS)


def test_a_missing_param_is_refused():
    with pytest.raises(InputError, match="param 'count' is required; give a value"):
        bind(library(WITH_PARAMS), "mend_it", occasion(), TARGETS)


def test_unknown_targets_and_playbooks_are_refused():
    with pytest.raises(InputError, match="no target named 'nowhere'; declared targets: database, elsewhere, web"):
        bind(library(), "mend_it", occasion(subject="nowhere"), TARGETS)
    lost = library(TEXT.replace("primitive: mend", "primitive: mend\n    target: nowhere"))
    with pytest.raises(InputError, match="no target named 'nowhere'"):
        bind(lost, "mend_it", occasion(), TARGETS)
    with pytest.raises(NotFoundError, match="unknown playbook 'x'; known: mend_it"):
        bind(library(), "x", occasion(), TARGETS)


def test_a_step_on_a_target_that_does_not_play_its_role_is_refused():
    plays = library(TEXT)
    known = {**TARGETS, WEB: replace(TARGETS[WEB], roles=frozenset({"HttpProbe", "ErrorLog"}))}
    said = r"step 'mend': target 'web' \(process\) does not support object; it supports ErrorLog, HttpProbe; choose"
    with pytest.raises(InputError, match=said):
        bind(plays, "mend_it", occasion(), known)
    known[WEB] = replace(known[WEB], roles=frozenset({"object"}))
    assert bind(plays, "mend_it", occasion(), known).steps[0].target == WEB


def test_a_playbook_that_is_not_enabled_is_refused():
    with pytest.raises(InputError, match="is not enabled"):
        bind(library(TEXT + "enabled: false\n"), "mend_it", occasion(), TARGETS)


def test_a_plan_needs_a_proposer():
    with pytest.raises(InputError, match="needs a proposer"):
        bind(library(), "mend_it", occasion(proposer=" "), TARGETS)


def test_the_domain_is_the_strictest_of_playbook_and_steps():
    assert bind(library(), "mend_it", occasion(), TARGETS).domain is Domain.INTERNAL_PERFORMANCE
    purge = TEXT.replace("primitive: mend", "primitive: purge")
    assert bind(library(purge), "mend_it", occasion(), TARGETS).domain is Domain.INTERNAL_DATA
    abroad = TEXT.replace("primitive: mend", "primitive: mend\n    target: elsewhere")
    assert bind(library(abroad), "mend_it", occasion(), TARGETS).domain is Domain.EXTERNAL_INFRASTRUCTURE
    assert bind(library(), "mend_it", occasion(subject=ELSEWHERE), TARGETS).domain is Domain.EXTERNAL_INFRASTRUCTURE


def test_the_plan_pins_the_playbook_and_takes_over_its_mode():
    shelf = library(TEXT + "mode: review\n")
    plan = bind(shelf, "mend_it", occasion(), TARGETS)
    assert plan.playbook_digest == shelf["mend_it"].digest
    assert plan.mode is Mode.REVIEW


def test_plans_that_would_do_the_same_have_one_digest():
    shelf = library(WITH_PARAMS)
    wish = occasion(params={"count": 4})
    one, same = (bind(shelf, "mend_it", wish, TARGETS) for _ in range(2))
    other = bind(shelf, "mend_it", occasion(incident=wish.incident, params={"count": 5}), TARGETS)
    assert one.id != same.id
    assert one.digest == same.digest != other.digest


class RestParams(Document):
    rest: timedelta = timedelta(0)
    longer: timedelta | None = None
    spelled: Span | None = None


def test_a_span_reaches_a_bare_timedelta_in_seconds_and_a_span_as_people_write_it():
    resting = SimpleNamespace(params=RestParams)
    params = {"rest": "10s", "longer": "1m30s", "spelled": "PT1M"}
    assert accept(resting, params) == {"rest": 10.0, "longer": 90.0, "spelled": "1m"}
    assert accept(resting, {"rest": "PT10S", "longer": 3}) == {"rest": "PT10S", "longer": 3}
    with pytest.raises(InputError, match="'10x' is not like"):
        accept(resting, {"rest": "10x"})
