"""The preflight gate of a node: its seven checks, put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from grace_workers.adapters.celery import first_look as broker_look
from grace_workers.adapters.embedded.postgres import EmbeddedPostgres
from grace_workers.adapters.postgres import first_look as database_look
from grace_workers.adapters.process.machine import free_memory
from grace_workers.adapters.process.probes import why_not_listen
from grace_workers.bootstrap.archive import anchors, audit_keys
from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.definitions import cause_shelf, open_world, playbook_shelf, policy_of
from grace_workers.fleet import Limited, Readiness, Ready, Throttled
from grace_workers.node.ports import BootStep
from grace_workers.node.preflight.audit import signed_here
from grace_workers.node.preflight.configuration import attested, configured, require_readable
from grace_workers.node.preflight.resources import Resources
from grace_workers.node.preflight.servers import database_fits
from grace_workers.settings import Settings, broker_of, database_of, exposed_proof, secret_facts, shipped

ANSWERS_WITHIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """The gate of one node. `ports` are host, port and the setting that changes it; `postgres` our own server.

    `free` returns the bytes of memory that the node may take.
    """

    settings: Settings
    ports: Sequence[tuple[str, int, str]]
    postgres: EmbeddedPostgres | None
    broker_embedded: bool
    free: Callable[[], int] = free_memory

    def steps(self) -> Sequence[BootStep]:
        """Return the seven checks; each raises GraceError when the node must not start."""
        settings = self.settings
        return [
            BootStep("configuration", self._configuration),
            BootStep("secrets attested", lambda: attested(secret_facts(settings))),
            BootStep("database and schema", self._database),
            BootStep("broker", self._broker),
            BootStep(
                "audit chain tail",
                lambda: signed_here(audit_keys(settings), anchors(settings), settings.audit_anchor_file),
            ),
            BootStep("playbooks", self._playbooks),
            BootStep("resources", self._resources().look),
        ]

    def slots(self) -> Throttled:
        """Return how many slots each pool gets with the memory that is free now."""
        return self._resources().slots()

    def _resources(self) -> Resources:
        settings = self.settings
        return Resources(
            data_dir=settings.data_dir,
            ports=self.ports,
            wanted={name: getattr(settings.pools, name) for name in settings.role.pools},
            free=self.free,
            why_not_listen=why_not_listen,
        )

    def _configuration(self) -> Readiness:
        settings = self.settings
        open_world(settings)
        policy_of(settings)
        came = settings.config_file or "defaults and environment"
        seen = f"{came}; {len(settings.targets)} targets; role {settings.role}"
        return configured(seen, exposed_proof(settings) if settings.role.steers else None)

    def _database(self) -> Readiness:
        if self.postgres is not None:
            return Limited(self.postgres.look(), "a check of its schema, which follows once it runs")
        url = database_of(self.settings).get_secret_value()
        return database_fits(database_look.look_at(url, shipped("migrations"), within=ANSWERS_WITHIN))

    def _broker(self) -> Readiness:
        if self.broker_embedded:
            return Limited("our own Valkey is installed", "a test message through it, which follows once it runs")
        url = broker_of(self.settings).get_secret_value()
        return Ready(f"answers as version {broker_look.look_at(url, within=ANSWERS_WITHIN)}")

    def _playbooks(self) -> Readiness:
        require_readable(self.settings.playbook_folders, "playbook")
        require_readable(self.settings.cause_folders, "cause")
        playbooks = playbook_shelf(self.settings, catalogs()).current()
        causes = cause_shelf(self.settings, catalogs()).current()
        return Ready(f"{len(playbooks)} valid, for {len(causes)} known causes")
