"""A port's implementation is found by the name of its file, or the message names the file to correct."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grace_workers.foundation.catalog import CatalogError
from grace_workers.orchestration.stores import IncidentStore
from grace_workers.orchestration.stores.store import _ports, implementations
from tests.memory import transaction

NAMES = sorted(_ports())

Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that writes a file of the package `found_here`, in which every port has an implementation."""
    package = tmp_path / "found_here"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for name in NAMES:
        (package / f"{name}.py").write_text(f"from tests.memory.{name} import DEFINITION\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    def put(name: str, text: str) -> None:
        place = package / name
        place.parent.mkdir(exist_ok=True)
        place.unlink() if not text else place.write_text(text)

    yield put
    for name in [name for name in sys.modules if name.partition(".")[0] == "found_here"]:
        del sys.modules[name]


def test_every_port_has_an_implementation_in_postgres_and_in_memory():
    from grace_workers.adapters.postgres import transaction as postgres

    assert set(postgres.stores()) == set(transaction.stores())
    assert len(postgres.stores()) == len(NAMES)


def test_the_folder_of_a_ports_name_may_hold_it_as_its_store(write: Write):
    write("incidents.py", "")
    write("incidents/store.py", "from tests.memory.incidents import DEFINITION\n")
    write("incidents/__init__.py", "x = 1\n")
    assert IncidentStore in implementations("found_here", ("", "incidents"))


def test_a_port_without_an_implementation_is_reported_with_where_to_add_it(write: Write):
    write("tokens.py", "")
    with pytest.raises(CatalogError, match=r"'tokens' needs one implementation; add one of found_here\.tokens"):
        implementations("found_here")


def test_two_implementations_of_one_port_are_reported(write: Write):
    write("other/tokens.py", "from tests.memory.tokens import DEFINITION\n")
    write("other/__init__.py", "x = 1\n")
    with pytest.raises(CatalogError, match=r"found_here\.tokens and found_here\.other\.tokens both define it"):
        implementations("found_here", ("", "other"))


@pytest.mark.parametrize("text", ["from tests.memory.switches import DEFINITION\n", "DEFINITION = None\n", "x = 1\n"])
def test_a_file_that_implements_another_port_or_none_is_reported(write: Write, text: str):
    write("tokens.py", text)
    with pytest.raises(CatalogError, match=r"found_here\.tokens: DEFINITION implements no port of .*stores\.tokens"):
        implementations("found_here")
