from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.actions import Ownership
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.yaml_file import SourceError
from grace_workers.governance import Granted, NeedsApproval, Refused, load_policy
from grace_workers.governance.policy import Circumstances, Match, Policy, PolicyRule, RuleEffect, applies
from grace_workers.playbooks import DEFAULT_MODES, Mode
from tests.unit.governance.kit import POLICY, WEB, decided, facts, plan, target


def rule(effect="review", **when):
    return PolicyRule.read({"name": "r", "effect": effect, "why": "because", "when": when}, "rule")


def case(**given):
    return Circumstances.read(given, "case")


def policy(*rules):
    return Policy(version=1, rules=rules)


def test_the_shipped_policy_passes_its_own_tests():
    assert len(POLICY.tests) >= 5


def test_the_first_rule_that_applies_speaks():
    first = rule("refuse", playbooks=["mend_it"])
    second = rule("review")
    found = policy(first, second)
    assert found.rule_for(case(playbook="mend_it")) == first
    assert found.rule_for(case(playbook="other")) == second


@pytest.mark.parametrize(
    ("when", "given_case", "expected"),
    [
        ({}, {}, True),
        ({"domains": ["internal_data"]}, {}, False),
        ({"aspects": ["performance"]}, {}, True),
        ({"risk_at_least": 0.5}, {"risk": 0.5}, True),
        ({"risk_at_least": 0.5}, {"risk": 0.49}, False),
        ({"hours": "9-17"}, {"hour": 17}, False),
        ({"hours": "22-6"}, {"hour": 23}, True),
        ({"hours": "22-6"}, {"hour": 5}, True),
        ({"hours": "22-6"}, {"hour": 6}, False),
        ({"target_kinds": ["postgres"]}, {"targets": [{"kind": "process"}, {"kind": "postgres"}]}, True),
        ({"target_kinds": ["postgres"]}, {"targets": [{"kind": "process"}]}, False),
        ({"labels": {"a": "1"}}, {"targets": [{"kind": "process", "labels": {"a": "1", "b": "2"}}]}, True),
        ({"labels": {"a": "1"}}, {"targets": []}, False),
        ({"environments": ["production"]}, {"environment": "production"}, True),
        ({"environments": ["production"]}, {"environment": "staging"}, False),
        ({"environments": ["production"]}, {}, True),
    ],
)
def test_a_rule_applies_when_all_its_conditions_hold(when, given_case, expected):
    assert applies(rule(**when), case(**given_case)) is expected


def test_allow_must_fit_every_target_and_a_known_environment():
    allow = rule("allow", target_kinds=["process"])
    assert applies(allow, case(targets=[{"kind": "process"}]))
    assert not applies(allow, case(targets=[{"kind": "process"}, {"kind": "postgres"}]))
    assert not applies(allow, case())
    assert not applies(rule("allow", environments=["staging"]), case())


def test_a_rule_can_ask_and_refuse():
    assert decided(plan(), facts(), policy=policy(rule("permission"))).mode is Mode.PERMISSION
    assert decided(plan(), facts(), policy=policy(rule("refuse"))).reason == "rule r: because"


def test_a_label_on_a_target_is_enough_to_keep_hands_off():
    assert isinstance(decided(plan(), facts(targets={WEB: target(grace="hands_off")})), Refused)
    assert isinstance(decided(plan(), facts(targets={WEB: target(grace="look_first")})), NeedsApproval)


def test_allow_does_not_lift_a_domains_default():
    known = facts(targets={WEB: target(Ownership.EXTERNAL)})
    assert isinstance(decided(plan(), known, policy=policy(rule("allow"))), NeedsApproval)


effects = st.sampled_from(list(RuleEffect))
whens = st.builds(
    Match,
    domains=st.sampled_from([(), tuple(DEFAULT_MODES)[:2]]),
    risk_at_least=st.one_of(st.none(), st.floats(0, 1)),
    environments=st.sampled_from([(), ("production",)]),
)
rules = st.lists(
    st.builds(PolicyRule, name=st.just("r"), when=whens, effect=effects, why=st.just("because")), max_size=4
)


@given(found=rules, domain=st.sampled_from(list(DEFAULT_MODES)), mode=st.sampled_from([None, *Mode]))
def test_no_rules_grant_what_no_rule_would_not(found, domain, mode):
    wanted = plan(domain=domain, mode=mode)
    without = decided(wanted, facts(), policy=policy())
    with_rules = decided(wanted, facts(), policy=policy(*found))
    if isinstance(with_rules, Granted):
        assert isinstance(without, Granted)
    if isinstance(with_rules, NeedsApproval) and isinstance(without, NeedsApproval):
        assert with_rules.mode.strictness >= without.mode.strictness


def test_a_policy_whose_own_test_fails_is_refused_with_its_line(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(
        "version: 1\nrules:\n  - {name: night, when: {hours: 22-6}, effect: refuse, why: people sleep}\n"
        "tests:\n  - {name: the day is free, given: {hour: 12}, rule: null}\n"
        "  - {name: the night is not, given: {hour: 6}, rule: night}\n"
    )
    with pytest.raises(
        SourceError, match=r"policy.yaml:6: test 'the night is not' wants rule night, but the rules give none"
    ):
        load_policy(file)


def test_an_unknown_kind_of_target_is_named_with_its_line(tmp_path):
    (tmp_path / "policy.yaml").write_text(
        "version: 1\nrules:\n  - {name: files, when: {target_kinds: [fils]}, effect: review, why: they are ours}\n"
        "tests:\n  - {name: a database, given: {targets: [{kind: postgre}]}, rule: null}\n"
    )
    with pytest.raises(SourceError) as raised:
        load_policy(tmp_path / "policy.yaml", ["files", "postgres"])
    assert [str(fault) for fault in raised.value.faults] == [
        "policy.yaml:3: names unknown kind 'fils'; known: files, postgres",
        "policy.yaml:5: names unknown kind 'postgre'; known: files, postgres",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version: 2", "policy.yaml:1: version"),
        ("version: 1\nrules:\n  - {name: a, effect: permit, why: because}", "policy.yaml:3: rules.0.effect"),
        ("version: 1\nthresholds: {review: 0.8, permission: 0.5}", "policy.yaml:2: .*must not be below"),
        ("version: 1\nrule: []", "policy.yaml:2: rule: there is no such field"),
        ("version: 1\nrules: [{name: a, effect: review, why: abc, when: {hours: 25-3}}]", "rules.0.when.hours"),
    ],
)
def test_a_broken_policy_names_the_line(tmp_path, text, words):
    (tmp_path / "policy.yaml").write_text(text)
    with pytest.raises(SourceError, match=words):
        load_policy(tmp_path / "policy.yaml")


@pytest.mark.parametrize(
    ("zone", "utc", "night"),
    [
        ("UTC", datetime(2026, 11, 18, 21, 30, tzinfo=UTC), False),
        ("Europe/Berlin", datetime(2026, 11, 18, 21, 30, tzinfo=UTC), True),
        ("Europe/Berlin", datetime(2026, 11, 18, 5, 30, tzinfo=UTC), False),
        ("Europe/Berlin", datetime(2026, 7, 18, 4, 30, tzinfo=UTC), False),
        ("Asia/Kolkata", datetime(2026, 11, 18, 16, 29, tzinfo=UTC), False),
        ("Asia/Kolkata", datetime(2026, 11, 18, 16, 30, tzinfo=UTC), True),
    ],
)
def test_the_hours_of_a_rule_are_those_of_the_teams_zone_in_summer_and_winter(zone, utc, night):
    told = Policy(version=1, zone=zone, rules=(rule("refuse", hours="22-6"),))
    assert isinstance(decided(plan(), facts(), utc, told), Refused) is night


def test_nights_and_weekends_of_the_risk_score_are_those_of_the_teams_zone():
    friday_evening = datetime(2026, 11, 20, 20, tzinfo=UTC)
    there = Policy(version=1, zone="America/New_York")
    here = Policy(version=1)
    times = [
        next(part for part in decided(plan(), facts(), now, told).risk.parts if part.name == "time")
        for told, now in ((there, friday_evening), (here, friday_evening), (there, friday_evening + timedelta(hours=9)))
    ]
    assert [part.value > 0 for part in times] == [False, True, True]
    assert (times[0].why, times[1].why) == (
        "in working hours (Friday 15:00 EST)",
        "outside working hours (Friday 20:00 UTC)",
    )


@pytest.mark.parametrize(
    ("changes", "at_work"),
    [
        ({}, False),
        ({"working_days": ["sunday", "monday"]}, True),
        ({"working_days": ["sunday"], "working_hours": "13-20"}, False),
        ({"working_days": ["sunday"], "working_hours": "22-13"}, True),
        ({"working_days": []}, False),
    ],
)
def test_the_working_days_and_hours_are_what_the_policy_says(changes, at_work):
    sunday_noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    told = Policy.read({"version": 1, **changes}, "policy")
    time = next(part for part in decided(plan(), facts(), sunday_noon, told).risk.parts if part.name == "time")
    assert (told.at_work(sunday_noon), time.value == 0) == (at_work, at_work)


@pytest.mark.parametrize(
    "changes", [{"working_days": ["someday"]}, {"working_hours": "8-25"}, {"working_hours": "all"}]
)
def test_working_times_that_there_are_not_are_refused(changes):
    with pytest.raises(InputError, match="working"):
        Policy.read({"version": 1, **changes}, "policy")


@pytest.mark.parametrize("zone", ["Berlin", "", "Europe", "../../etc/passwd", "/etc/localtime", "UTC\x00", "x" * 65, 1])
def test_a_zone_that_does_not_exist_is_refused_with_an_example(zone):
    with pytest.raises(InputError, match="zone"):
        Policy.read({"version": 1, "zone": zone}, "policy")
