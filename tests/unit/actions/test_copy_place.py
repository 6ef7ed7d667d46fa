"""Where copies lie, and which declared folders would be swept with those of targets that are gone."""

from pathlib import Path

import pytest

from grace_workers.actions import CopyPlace, declared_place
from grace_workers.drivers.files import DEFINITION
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from tests.conformance.roles.implementations import Place

WEB = TargetName("web")


@pytest.mark.parametrize("place", list(CopyPlace))
@pytest.mark.parametrize("below", ["", "shop-old", "web-2", "web/../shop-old"])
def test_a_folder_that_would_be_swept_is_refused(tmp_path: Path, place: CopyPlace, below: str) -> None:
    with pytest.raises(InputError, match="so it would be removed; choose one outside"):
        declared_place(tmp_path / place.value / below, WEB, tmp_path)


def test_a_folder_is_refused_by_whatever_link_it_is_reached(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    with pytest.raises(InputError, match="would be removed"):
        declared_place(tmp_path / "link/stash/old", WEB, tmp_path / "data")


@pytest.mark.parametrize("folder", ["stash/web", "stash/web/deep", "copies", "stash-2/old"])
def test_a_folder_of_its_own_is_taken(tmp_path: Path, folder: str) -> None:
    assert declared_place(tmp_path / folder, WEB, tmp_path) == tmp_path / folder


def test_a_target_that_declares_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    stash, parts = str(tmp_path / "data/stash/old"), {"folder": str(tmp_path / "data/safe_points/team")}
    for said in ({"stash": stash}, {"safe_point": parts}):
        with pytest.raises(InputError, match="would be removed"):
            Place(tmp_path, str).open(DEFINITION, root=str(tmp_path / "tree"), **said)
