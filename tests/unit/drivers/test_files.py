from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from grace_workers.actions import FileTree, SafePoints
from grace_workers.drivers.files import DEFINITION
from grace_workers.foundation.errors import InputError
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.safe_point_stands import Stand, files_stand
from tests.conformance.roles.stands import Tree, folder_tree


@contextmanager
def file_tree(place: Place) -> Iterator[Tree]:
    root = place.folder / "tree"
    root.mkdir()
    yield folder_tree(place.open(DEFINITION, root=str(root), quota=1000)[FileTree], root)


@pytest.mark.parametrize(
    "said",
    [
        {"root": "logs", "quota": 0},
        {"root": "logs", "stash": "logs/stash"},
        {"root": "logs", "keep_stashes": "PT1M"},
        {"root": "a\x00b"},
    ],
)
def test_a_connection_that_does_not_fit_is_refused(tmp_path, said):
    with pytest.raises(InputError):
        Place(tmp_path, str).open(DEFINITION, **said)


def test_copies_lie_below_the_data_directory_unless_a_place_is_named(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "old.log").write_text("words")
    for said in ({}, {"stash": str(tmp_path / "elsewhere")}):
        tree = Place(tmp_path, str).open(DEFINITION, root=str(tmp_path / "tree"), **said)[FileTree]
        tree.stash(["old.log"], "key")
    assert (tmp_path / "data" / "stash" / "target" / "key" / "manifest.json").is_file()
    assert (tmp_path / "elsewhere" / "key" / "manifest.json").is_file()


@contextmanager
def safe_points(place: Place) -> Iterator[Stand]:
    with files_stand(place.folder) as (connection, look, change):
        yield Stand(lambda: place.open(DEFINITION, **connection)[SafePoints], look, change)
