"""The whole tree, and how the environment overrides it."""

import platform
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from grace_workers.fleet import NodeRole
from grace_workers.foundation.config_file import DATA_DIR
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import InstanceName
from grace_workers.foundation.model_kinds import MODEL_FILES
from grace_workers.settings.api import ApiSettings
from grace_workers.settings.audit import AuditSettings
from grace_workers.settings.broker import BrokerSettings
from grace_workers.settings.database import DatabaseSettings
from grace_workers.settings.discoveries import DiscoverySettings
from grace_workers.settings.events import EventSettings
from grace_workers.settings.fleet import FleetSettings
from grace_workers.settings.flower import FlowerSettings
from grace_workers.settings.heartbeats import HeartbeatSettings
from grace_workers.settings.line import LineSettings
from grace_workers.settings.logs import LogSettings
from grace_workers.settings.model import ModelSettings
from grace_workers.settings.people import PeopleSettings
from grace_workers.settings.pools import LimitSettings, PoolSettings
from grace_workers.settings.retention import RetentionSettings
from grace_workers.settings.secrets import with_secret_files
from grace_workers.settings.shipped import shipped
from grace_workers.settings.sign_in import SignInSettings
from grace_workers.settings.targets import TargetSettings

if TYPE_CHECKING:
    from grace_workers.orchestration.work.schedule import ScheduleEntry

_INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _host_name() -> InstanceName:
    return InstanceName(platform.node())


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(
        env_prefix="GRACE_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        nested_model_default_partial_update=True,
    )

    config_file: Path | None = None
    data_dir: Path = DATA_DIR
    instance: InstanceName = Field(default_factory=_host_name, min_length=1, max_length=100)
    role: NodeRole = NodeRole.WHOLE
    environment: str = "production"
    database: DatabaseSettings = DatabaseSettings()
    broker: BrokerSettings = BrokerSettings()
    pools: PoolSettings = PoolSettings()
    limits: LimitSettings = LimitSettings()
    api: ApiSettings = ApiSettings()
    sign_in: SignInSettings = SignInSettings()
    flower: FlowerSettings = FlowerSettings()
    audit: AuditSettings = AuditSettings()
    line: LineSettings = LineSettings()
    cycles: dict[str, timedelta] = Field(default_factory=dict)
    retention: RetentionSettings = RetentionSettings()
    events: EventSettings = EventSettings()
    fleet: FleetSettings = FleetSettings()
    log: LogSettings = LogSettings()
    causes: tuple[Path, ...] = ()
    playbooks: tuple[Path, ...] = ()
    model_files: tuple[Path, ...] = ()
    policy: Path | None = None
    targets: tuple[TargetSettings, ...] = ()
    discoveries: tuple[DiscoverySettings, ...] = ()
    heartbeats: tuple[HeartbeatSettings, ...] = ()
    people: PeopleSettings = PeopleSettings()
    model: ModelSettings = ModelSettings()

    @property
    def schedule(self) -> "Sequence[ScheduleEntry]":
        """What beat starts at intervals with these settings."""
        from grace_workers.orchestration.work.catalog import scheduled

        return scheduled(self.cycles, self.declares)

    @property
    def code_indexes(self) -> Path:
        """Where indexes of code are kept."""
        return self.data_dir / "code-index"

    @property
    def due_every(self) -> Mapping[str, timedelta]:
        """How often each entry of the schedule is due, by name."""
        return {one.name: one.every for one in self.schedule}

    def declares(self, name: str) -> bool:
        """Return whether the setting of that dotted name has content."""
        return bool(attrgetter(name)(self))

    @field_validator("instance")
    @classmethod
    def _plain_name(cls, value: InstanceName) -> InstanceName:
        # It becomes part of the names of workers, queues, signing keys and targets.
        if _INSTANCE.fullmatch(value) is None:
            raise ValueError("a name consists of letters, digits, `.`, `_` and `-`, and begins with a letter or digit")
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("cycles")
    @classmethod
    def _cycles_recur(cls, value: dict[str, timedelta]) -> dict[str, timedelta]:
        if value:
            # Only installations that set a cadence pay for importing the jobs.
            from grace_workers.orchestration.work.catalog import scheduled

            try:
                scheduled(value)
            except InputError as error:
                raise ValueError(str(error)) from error
        return value

    @model_validator(mode="after")
    def _targets_agree(self) -> "Settings":
        names = [target.name for target in self.targets]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"target {doubled[0]!r} is declared twice; give each its own name")
        for target in self.targets:
            for needed in target.depends_on:
                if needed not in names:
                    raise ValueError(f"target {target.name!r} depends on {needed!r}, which is not declared")
        return self

    @field_validator("discoveries")
    @classmethod
    def _discoveries_named(cls, value: tuple[DiscoverySettings, ...]) -> tuple[DiscoverySettings, ...]:
        names = [one.name for one in value]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"discovery {doubled[0]!r} is declared twice; give each a different name")
        return value

    @model_validator(mode="after")
    def _heartbeats_agree(self) -> "Settings":
        names, targets = [one.name for one in self.heartbeats], {one.name for one in self.targets}
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"heartbeat {doubled[0]!r} is declared twice; give each its own name")
        for one in self.heartbeats:
            if one.target not in targets:
                raise ValueError(f"heartbeat {one.name!r} is of target {one.target!r}, which is not declared")
        return self

    @property
    def processes(self) -> Sequence[str]:
        """The names of the processes of a node with these settings, in start order."""
        spared = () if self.flower.enabled or self.role is NodeRole.FLOWER else ("flower",)
        return [name for name in self.role.processes if name not in spared]

    @property
    def levers(self) -> Mapping[str, int]:
        """What these settings say of the fleet's levers, by name."""
        limits, milliseconds = self.limits.slots, timedelta(milliseconds=1)
        return {
            "healing_slots": self.limits.per_agent,
            "coding_slots": self.limits.per_agent,
            "express_slots": limits.express,
            "relay_batch": 500,
            "look_every": 50,
            "seal_every": round(self.audit.seal_every / milliseconds),
            "first_retry": 500,
        }

    @property
    def endpoints(self) -> Mapping[str, str]:
        """The pages that people open, by process."""
        found = {
            "api": f"http://{self.api.host}:{self.api.port}",
            "flower": f"http://{self.flower.host}:{self.flower.port}",
        }
        return {name: url for name, url in found.items() if name in self.processes}

    @property
    def listening(self) -> Sequence[tuple[str, int, str]]:
        """Host, port and the setting that changes it, for each port that a node with these settings listens on."""
        found = {
            "api": (self.api.host, self.api.port, "GRACE_API__PORT"),
            "flower": (self.flower.host, self.flower.port, "GRACE_FLOWER__PORT"),
        }
        return [place for name, place in found.items() if name in self.processes]

    @property
    def playbook_folders(self) -> tuple[Path, ...]:
        """The folders of the playbooks: the shipped one, then the user's own."""
        return (shipped("playbooks"), *self.playbooks)

    @property
    def cause_folders(self) -> tuple[Path, ...]:
        """The folders of the causes: the shipped one, the user's own, then that of accepted ones."""
        from grace_workers.diagnosis import shipped_causes

        return (shipped_causes(), *self.causes, self.learned_causes)

    @property
    def kept_files(self) -> Mapping[str, Path]:
        """The team's own files, by the names that they have in snapshots of the fleet."""
        single = {"settings/grace.yaml": self.config_file, "settings/policy.yaml": self.policy}
        found = {name: path for name, path in single.items() if path is not None}
        for kind, (folders, ends) in self._kept_folders.items():
            for number, folder in enumerate(folders):
                files = sorted(one for one in folder.rglob("*") if one.suffix in ends and one.is_file())
                found |= {f"{kind}/{number}/{one.relative_to(folder)}": one for one in files}
        return found

    @property
    def _kept_folders(self) -> Mapping[str, tuple[tuple[Path, ...], frozenset[str]]]:
        """The team's folders by the kind of their files, and how the names of these end."""
        texts = frozenset({".yaml", ".yml"})
        return {
            "playbooks": (self.playbooks, texts),
            "causes": (self.causes, texts),
            "model_files": (self.model_files, MODEL_FILES),
        }

    def kept_file(self, name: str) -> Path | None:
        """Return where the team's file of that name is, or was before it was deleted; None if it is none of theirs."""
        single = {"settings/grace.yaml": self.config_file, "settings/policy.yaml": self.policy}
        kind, _, rest = name.partition("/")
        number, _, within = rest.partition("/")
        folders, _ = self._kept_folders.get(kind, ((), frozenset()))
        if not within or not number.isdecimal() or int(number) >= len(folders) or ".." in Path(within).parts:
            return single.get(name)
        return folders[int(number)] / within

    @property
    def learned_causes(self) -> Path:
        """The folder of the causes that people accepted, as this node has them."""
        from grace_workers.diagnosis import LEARNED_CAUSES

        return self.data_dir / LEARNED_CAUSES

    @property
    def cli_token_file(self) -> Path:
        """The path of the token that this machine's own CLI uses."""
        return self.data_dir / "cli-token"

    @property
    def audit_keys_dir(self) -> Path:
        """The folder of the keys that sign the audit log."""
        return self.audit.keys_dir or self.data_dir / "audit-keys"

    @property
    def audit_anchor_file(self) -> Path:
        """The path of the audit log's checkpoints outside the database."""
        return self.audit.anchor_file or self.data_dir / "audit-anchor" / "checkpoints"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment override the file, which arrives as init values; a secret may be in a separate file."""
        del dotenv_settings
        if isinstance(env_settings, EnvSettingsSource):
            env_settings.env_vars = with_secret_files(env_settings.env_vars, settings_cls)
        return env_settings, init_settings, file_secret_settings
