"""Where a name can be used."""

import ast

from grace_workers.coding.engines.repair.scope import Scope

SOURCE = """def f(given):
    early = 1
    for item in given:
        print(item)
        later = item
    total = [x for x in given]
    return total
"""
SCOPE = Scope(ast.parse(SOURCE).body[0])


def test_a_parameter_is_bound_everywhere():
    assert SCOPE.fit("given", 2) == SCOPE.fit("given", 7) == 1.0


def test_a_local_name_is_bound_from_its_assignment_on():
    assert SCOPE.fit("early", 3) == 1.0
    assert SCOPE.fit("total", 2) < 0.1


def test_a_name_of_a_loop_is_unusual_after_it_and_unbound_before():
    assert SCOPE.fit("item", 4) == 1.0
    assert 0.1 < SCOPE.fit("item", 7) < 1.0
    assert SCOPE.fit("item", 2) < 0.1


def test_what_a_loop_assigns_may_be_bound_earlier_in_it():
    assert 0.1 < SCOPE.fit("later", 4) < 1.0


def test_a_name_of_a_comprehension_is_bound_only_inside_it():
    assert SCOPE.fit("x", 6) == 1.0
    assert SCOPE.fit("x", 7) < 0.1


def test_a_name_that_is_not_local_may_stand_anywhere():
    assert SCOPE.fit("print", 2) == 1.0
