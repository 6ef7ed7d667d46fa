"""Each rule of the hunter: what it must find, what it must spare, and that no text takes it long."""

import time

import pytest

from grace_workers.coding import Inspected, TextKind, hunt, hunter_rules

RULES = tuple(hunter_rules())
FOUND = [(rule, text, kind) for rule in RULES for text, kind in rule.finds.items()]
SPARED = [(rule, text, kind) for rule in RULES for text, kind in rule.spares.items()]
NASTY = [
    *("a" * 200_000, "{{" * 50_000, "-" * 200_000, "$(" * 50_000, " " * 200_000),
    *("password='" * 20_000, "ignore all " * 20_000),
]


def inspected(text, kind):
    return Inspected(name="x", text=text, kind=kind)


@pytest.mark.parametrize(("rule", "text", "kind"), FOUND, ids=lambda value: getattr(value, "name", ""))
def test_a_rule_finds_its_examples(rule, text, kind):
    assert [one.rule for one in hunt(inspected(text, kind), [rule])]


@pytest.mark.parametrize(("rule", "text", "kind"), SPARED, ids=lambda value: getattr(value, "name", ""))
def test_no_rule_finds_anything_in_what_only_looks_alike(rule, text, kind):
    assert rule.spares
    assert hunt(inspected(text, kind), RULES) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_names_its_danger_in_a_sentence_and_has_examples_of_both_kinds(rule):
    assert rule.danger[0].isupper()
    assert rule.danger.endswith(".")
    assert len(rule.finds) >= 3
    assert len(rule.spares) >= 3
    assert {*rule.finds.values(), *rule.spares.values()} <= rule.kinds


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_no_text_takes_a_rule_long(rule):
    began = time.process_time()
    for text in NASTY:
        for kind in (TextKind.DECLARED, TextKind.OTHER):
            hunt(inspected(text, kind), [rule] if kind in rule.kinds else [])
    assert time.process_time() - began < 5
