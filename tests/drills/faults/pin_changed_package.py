"""Someone installs a newer version by hand."""

import shutil
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.wheels import environment, wheel


class ChangedPackage(Drill):
    """The red herring is a newer version of a package that is not pinned."""

    signal = "PackageChanged"

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
        labels = {"pins": "shop==1.0"}
        return [{"name": "subject", "kind": "python", "owner": "internal", "connection": said, "labels": labels}]

    def _unpack(self, name: str, version: str) -> None:
        for left in self.site.glob(f"{name}-*.dist-info"):
            shutil.rmtree(left)
        with zipfile.ZipFile(self.wheels / f"{name}-{version}-py3-none-any.whl") as archive:
            archive.extractall(self.site)

    def break_it(self) -> None:
        self._unpack("shop", "2.0")

    def revert(self) -> None:
        self._unpack("shop", "1.0")

    def well(self) -> bool:
        return "1.0" in (self.site / "shop.py").read_text()

    def mislead(self) -> None:
        self._unpack("other", "2.0")

    def clear(self) -> None:
        self._unpack("other", "1.0")


DRILL = ChangedPackage
