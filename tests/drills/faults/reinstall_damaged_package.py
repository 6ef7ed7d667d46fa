"""A file of an installed package is overwritten."""

import shutil
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.wheels import environment, wheel


class DamagedPackage(Drill):
    """The red herring is a file beside the package that belongs to none."""

    signal = "PackageDamaged"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.wheels = self.stage.folder / "wheels"
        self.wheels.mkdir()
        for name in ("shop", "other"):
            for version in ("1.0", "2.0"):
                wheel(self.wheels, name, version)
        interpreter = environment(self.stage.folder / "venv")
        (self.site,) = (self.stage.folder / "venv").glob("lib/python3*/site-packages")
        self._unpack("shop", "1.0")
        self._unpack("other", "1.0")
        said = {"interpreter": str(interpreter), "wheels": str(self.wheels), "packages": ["shop", "other"]}
        labels = {"packages": "shop, other"}
        return [{"name": "subject", "kind": "python", "owner": "internal", "connection": said, "labels": labels}]

    def _unpack(self, name: str, version: str) -> None:
        for left in self.site.glob(f"{name}-*.dist-info"):
            shutil.rmtree(left)
        with zipfile.ZipFile(self.wheels / f"{name}-{version}-py3-none-any.whl") as archive:
            archive.extractall(self.site)

    def break_it(self) -> None:
        (self.site / "shop.py").write_text("broken(")

    def revert(self) -> None:
        self._unpack("shop", "1.0")

    def well(self) -> bool:
        return all("VERSION" in (self.site / f"{name}.py").read_text() for name in ("shop", "other"))

    def mislead(self) -> None:
        (self.site / "stray.py").write_text("broken(")

    def clear(self) -> None:
        (self.site / "stray.py").unlink()


DRILL = DamagedPackage
