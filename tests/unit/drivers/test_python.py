import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grace_workers.actions import Packages
from grace_workers.drivers.python import DEFINITION
from grace_workers.foundation.errors import InputError, PermanentError
from tests.conformance.roles.implementations import Place
from tests.wheels import environment, wheel

NEEDS_SERVERS = True


def ground(folder: Path) -> tuple[dict[str, object], Path]:
    """Return a connection to an environment with shop 1.0 of two versions, and the file of that package."""
    wheels = folder / "wheels"
    wheels.mkdir()
    for name in ("shop", "other"):
        for version in ("1.0", "2.0"):
            wheel(wheels, name, version)
    interpreter = environment(folder / "venv")
    (site,) = (folder / "venv").glob("lib/python3*/site-packages")
    with zipfile.ZipFile(wheels / "shop-1.0-py3-none-any.whl") as archive:
        archive.extractall(site)
    module = site / "shop.py"
    return {"interpreter": str(interpreter), "wheels": str(wheels), "packages": ["shop", "Other"]}, module


@contextmanager
def packages(place: Place) -> Iterator[tuple[Packages, Callable[[], object]]]:
    said, module = ground(place.folder)
    yield place.open(DEFINITION, **said)[Packages], lambda: module.write_text("broken")


@pytest.mark.parametrize("names", [[], ["--help"], ["a b"], ["shop==1.0"], ["../x"], ["-r"], ["shop\n"]])
def test_a_hostile_name_is_refused(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(InputError, match="packages"):
        Place(tmp_path, str).open(DEFINITION, interpreter="/x", wheels="/y", packages=names)


def test_an_interpreter_that_is_none_is_said(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "nowhere", "cannot run"), (Path("/bin/true"), "does not tell its packages")):
        opened = Place(tmp_path, str).open(DEFINITION, interpreter=str(path), wheels=str(tmp_path), packages=["shop"])
        with pytest.raises(PermanentError, match=words):
            opened[Packages].packages()


def test_a_folder_of_wheels_that_is_not_there_is_said_and_other_files_in_it_are_none(tmp_path: Path) -> None:
    said = {"interpreter": "/bin/true", "packages": ["shop"]}
    (tmp_path / "shop-x.whl").touch()
    (tmp_path / "shop-1.0.tar.gz").touch()
    assert Place(tmp_path, str).open(DEFINITION, **said, wheels=str(tmp_path))[Packages].available("shop") == []
    with pytest.raises(PermanentError, match="no folder of wheels"):
        Place(tmp_path, str).open(DEFINITION, **said, wheels=str(tmp_path / "x"))[Packages].available("shop")


@pytest.mark.servers
def test_a_wheel_that_is_damaged_itself_never_gets_into_the_environment(tmp_path: Path) -> None:
    said, module = ground(tmp_path)
    module.write_text("changed by hand")
    whole = tmp_path / "wheels" / "shop-1.0-py3-none-any.whl"
    with zipfile.ZipFile(whole) as archive:
        contents = {one: archive.read(one) for one in archive.namelist()}
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, b"tampered with" if name == "shop.py" else content)
    role = Place(tmp_path, str).open(DEFINITION, **said)[Packages]
    with pytest.raises(PermanentError, match=r"shop' 1\.0 is damaged in the folder of wheels: 1 of its files"):
        role.install("shop", "1.0")
    assert module.read_text() == "changed by hand"


@pytest.mark.servers
def test_a_whole_wheel_is_installed_with_its_programs_and_its_data(tmp_path: Path) -> None:
    said, module = ground(tmp_path)
    module.write_text("changed by hand")
    assert Place(tmp_path, str).open(DEFINITION, **said)[Packages].install("shop", "1.0").intact
    place = Path(said["interpreter"]).parent
    assert all(found.is_file() for found in (place / "shop", place / "shop-run", place.parent / "share" / "shop.txt"))
