"""A certificate expires in two days, and nothing renews it."""

from collections.abc import Mapping, Sequence
from typing import Any

from grace_workers.adapters.embedded.place import free_port
from grace_workers.governance import Role
from tests.drills.drill import Drill
from tests.drills.grounds.certificates import SERVER, served_days, write_certificate
from tests.drills.grounds.units import ShopUnit
from tests.waiting import until


class ExpiringCertificate(Drill):
    """The red herring is a certificate that is valid for four weeks."""

    signal = "CertificateExpiry"
    asks = Role.OPERATOR
    subject = "front"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.port, self.file = free_port(), self.stage.path("served.pem")
        write_certificate(self.file, 80)
        self.unit = ShopUnit(self.stage, SERVER, str(self.port), str(self.file))
        until(self.well, within=20)
        labels = {"service": "unit", "certificate": "renewed_here", "renewer": "renewer"}
        said = {"address": f"127.0.0.1:{self.port}", "tls": {"server_name": "shop.example"}}
        front = {"name": "front", "kind": "endpoint", "owner": "internal", "connection": said, "labels": labels}
        fresh = self.stage.path("fresh.pem")
        write_certificate(fresh, 90)
        command = {
            "changes": "renews the certificate",
            "run": ["/bin/cp", str(fresh), str(self.file)],
            "look": ["/usr/bin/cmp", "-s", str(fresh), str(self.file)],
        }
        said = {"commands": {"renew": command}}
        renewer = {"name": "renewer", "kind": "command", "owner": "internal", "connection": said}
        return [front, self.unit.target("unit"), renewer]

    def break_it(self) -> None:
        self._serve(2)

    def revert(self) -> None:
        self._serve(80)

    def well(self) -> bool:
        return served_days(self.port) > 21

    def mislead(self) -> None:
        self._serve(28)

    def clear(self) -> None:
        self._serve(80)

    def _serve(self, days: int) -> None:
        write_certificate(self.file, days)
        self.unit.reload()
        until(lambda: days - 1 < served_days(self.port) < days + 1, within=20)


DRILL = ExpiringCertificate
