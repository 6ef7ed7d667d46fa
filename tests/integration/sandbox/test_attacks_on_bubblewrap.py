"""Hostile programs on the rung bubblewrap, started by the user that runs the tests; the host is checked after each."""

import pytest

from tests.integration.sandbox.attacked import attack
from tests.integration.sandbox.attacks import ATTACKS
from tests.integration.sandbox.conftest import held


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_program_harms_nothing(machine, name):
    assert attack(machine, held("bubblewrap"), name) == []
