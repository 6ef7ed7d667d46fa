"""A certificate was renewed on the disk, and its service still serves the old one."""

from collections.abc import Mapping, Sequence
from typing import Any

from grace_workers.adapters.embedded.place import free_port
from tests.drills.drill import Drill
from tests.drills.grounds.certificates import SERVER, served_days, write_certificate
from tests.drills.grounds.units import ShopUnit
from tests.waiting import until


class UnreadCertificate(Drill):
    """The red herring is a certificate on the disk that expires soon and is not served."""

    signal = "CertificateExpiry"
    subject = "front"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.port, self.file = free_port(), self.stage.path("served.pem")
        write_certificate(self.file, 80)
        self.unit = ShopUnit(self.stage, SERVER, str(self.port), str(self.file))
        until(self.well, within=20)
        labels = {"service": "unit", "certificate": "renewed_elsewhere"}
        said = {"address": f"127.0.0.1:{self.port}", "tls": {"server_name": "shop.example"}}
        front = {"name": "front", "kind": "endpoint", "owner": "internal", "connection": said, "labels": labels}
        return [front, self.unit.target("unit")]

    def break_it(self) -> None:
        self._serve(2)
        write_certificate(self.file, 90)

    def revert(self) -> None:
        self._serve(80)

    def well(self) -> bool:
        return served_days(self.port) > 21

    def mislead(self) -> None:
        write_certificate(self.stage.path("other.pem"), 2)

    def clear(self) -> None:
        self.stage.path("other.pem").unlink()

    def _serve(self, days: int) -> None:
        write_certificate(self.file, days)
        self.unit.reload()
        until(lambda: days - 1 < served_days(self.port) < days + 1, within=20)


DRILL = UnreadCertificate
