"""A deployment of an emulated cluster: versions that come up or not, and a service as quick as the cluster allows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.drills.drill import Drill
from tests.drills.stage import Shop
from tests.kubernetes_cluster import DEPLOYMENTS, SPACE, Cluster, cluster, connection
from tests.kubernetes_rollouts import SCALERS, Rolling, Template, release, serve, template
from tests.waiting import until

BOUNDS = {"lowest": 1, "highest": 1 << 40}
SLOW = "0.8"


class RolledDeployment(Drill):
    """Three pods of the version `first`; `fails` says of a template why its pods do not become ready."""

    first = template()
    labels: ClassVar[Mapping[str, str]] = {}
    more: ClassVar[Mapping[str, Any]] = {"rollouts": True}

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.cluster = self.stage.stack.enter_context(cluster(self.stage.folder, controller=self.controller()))
        said = connection(self.cluster, workload="deployment", **self.more)
        labels = dict(self.labels)
        return [{"name": "subject", "kind": "kubernetes", "owner": "internal", "connection": said, "labels": labels}]

    def controller(self) -> Rolling:
        """Return what keeps the cluster."""
        return Rolling(self.first, self.fails)

    def fails(self, of: Template) -> str | None:
        """Return why pods of that template do not become ready."""
        return "Error" if "bad" in str(of) else None

    def open(self) -> None:
        until(self.well, within=20)

    def roll_out(self, new: Template) -> None:
        """Roll a version out."""
        release(self.cluster, new)

    def revert(self) -> None:
        self.roll_out(self.first)
        until(self.well, within=20)

    def well(self) -> bool:
        return serve(self.cluster)

    def clear(self) -> None:
        self.revert()


class BadVersion(RolledDeployment):
    """A new version of the image `bad` does not come up, for `reason`. The red herring is one that does."""

    bad = "bad:2"
    reason = "Error"

    def fails(self, of: Template) -> str | None:
        return self.reason if self.bad in str(of) else None

    def break_it(self) -> None:
        self.roll_out(template(self.bad))
        until(lambda: not self.well(), within=20)

    def mislead(self) -> None:
        self.roll_out(template("web:2"))
        until(self.well, within=20)


@dataclass
class Loaded(Rolling):
    """A controller beside which a service is slow while its load is above what the cluster allows it."""

    shop: Shop | None = None
    load: int = 1
    allows: str = "replicas"

    def control(self, emulator: Any) -> None:
        super().control(emulator)
        slow = self.load > self.capacity(emulator)
        assert self.shop is not None
        if slow is not (self.shop.folder / "delay").exists():
            self.shop.says("delay", SLOW) if slow else self.shop.forgets("delay")

    def capacity(self, emulator: Any) -> int:
        """Return for how much load there is room."""
        whole = emulator.objects[DEPLOYMENTS, SPACE, "web"].raw["spec"]
        if self.allows == "max_replicas":
            return int(emulator.objects[SCALERS, SPACE, "web"].raw["spec"]["maxReplicas"])
        if self.allows == "replicas":
            return int(whole["replicas"])
        text = whole["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"]
        return int(text.removesuffix("m")) if text.endswith("m") else int(text) * 1000


class LoadedDeployment(RolledDeployment):
    """A service that becomes slow under load. The red herring is as much load as it can just bear."""

    allows = "replicas"
    usual, bearable, too_much = 1, 3, 6
    cluster: Cluster

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.shop = self.stage.shop("shop")
        (subject,) = super().targets()
        return [self.shop.target(), {**subject, "depends_on": ["shop"]}]

    def controller(self) -> Rolling:
        self.loaded = Loaded(
            self.first,
            self.fails,
            most=3,
            scaled=self.allows == "max_replicas",
            shop=self.shop,
            load=self.usual,
            allows=self.allows,
        )
        return self.loaded

    def open(self) -> None:
        self.stage.start("shop")
        super().open()

    def break_it(self) -> None:
        self.loaded.load = self.too_much
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        self.loaded.load = self.usual
        until(self.well, within=20)

    def well(self) -> bool:
        return super().well() and self.shop.answer(patience=0.4) == 200

    def mislead(self) -> None:
        self.loaded.load = self.bearable

    def clear(self) -> None:
        self.loaded.load = self.usual
