"""A package is removed from the environment of a service, which reports that it cannot import it."""

import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.faults.pin_changed_package import ChangedPackage


class MissingPackage(ChangedPackage):
    """The fault is reported of the service, and healed in its environment."""

    subject = "shop"
    signal = "ERROR shop"
    words = "ModuleNotFoundError: No module named 'shop'"
    playbook = "pin_changed_package"
    cause = "package_changed"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        (environment,) = super().targets()
        self.service = self.stage.shop("shop")
        return [{**self.service.target(), "depends_on": ["environment"]}, {**environment, "name": "environment"}]

    def open(self) -> None:
        self.stage.start("shop")
        self.service.until_answers()

    def break_it(self) -> None:
        (self.site / "shop.py").unlink()
        for left in self.site.glob("shop-*.dist-info"):
            shutil.rmtree(left)

    def well(self) -> bool:
        return (self.site / "shop.py").exists() and super().well()


DRILL = MissingPackage
