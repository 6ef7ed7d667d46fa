"""The settings: one frozen tree, one group per room, from `grace.yaml` and the environment.

A value in the environment (`GRACE_DATABASE__URL`) wins over the file; a secret can lie in a file that the environment
names (`GRACE_DATABASE__URL_FILE`). Imported by bootstrap and entrypoints only.
"""

import os
import platform
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeGuard
from urllib.parse import quote

import yaml
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from grace_workers.actions import Ownership, TargetKind
from grace_workers.fleet import NodeRole
from grace_workers.foundation.document import Document, JsonValue, sentence
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.own_file import require_given

_PACKAGE = Path(__file__).resolve().parent
_MOST_CONFIG_BYTES = 1_000_000
_INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def shipped(name: Literal["playbooks", "migrations"]) -> Path:
    """Return the directory that ships with the product: in the wheel inside the package, in a checkout beside it."""
    inside = _PACKAGE / "shipped" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def _folded(values: Any) -> Any:
    """Put the password into a URL that holds none, so that everything below knows one address."""
    if not isinstance(values, dict) or not values.get("password") or not values.get("url"):
        return values
    url, password = (_plain(values[key]) for key in ("url", "password"))
    scheme, mark, rest = url.partition("://")
    place, *path = re.split("(?=[/?])", rest, maxsplit=1)
    user, _, server = place.rpartition("@")
    if not mark or ":" in user:
        return values
    return {**values, "url": f"{scheme}://{user}:{quote(password, safe='')}@{server}{''.join(path)}"}


def _plain(value: Any) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


class DatabaseSettings(Document):
    """PostgreSQL. Without a URL the node starts its own; `password` is for a URL that holds none.

    With `migrate` a node brings the schema up to date at its start; without, it waits until `grace migrate` has. Unset,
    a whole node migrates and a node of one role waits. `node_password` and `control_password` are for `grace migrate`,
    which makes the logins `grace_node` and `grace_control` with them.
    """

    url: SecretStr | None = None
    password: SecretStr | None = None
    pool_size: int = Field(default=10, ge=2, le=200)
    migrate: bool | None = None
    node_password: SecretStr | None = None
    control_password: SecretStr | None = None

    _fold = model_validator(mode="before")(_folded)


class BrokerSettings(Document):
    """Redis or Valkey. Without a URL the node starts its own; `password` is for a URL that holds none."""

    url: SecretStr | None = None
    password: SecretStr | None = None
    stock_transport: bool = False

    _fold = model_validator(mode="before")(_folded)


class PoolSettings(Document):
    """Slots per worker pool of this node; `express` are extra slots for priority 9 and 10."""

    healing: int = Field(default=8, ge=1, le=64)
    coding: int = Field(default=1, ge=1, le=64)
    orchestration: int = Field(default=8, ge=1, le=64)
    express: int = Field(default=2, ge=1, le=16)


class LimitSettings(Document):
    """Fleet-wide limits on running jobs of the two agents."""

    agents: int = Field(default=10, ge=1)
    per_agent: int = Field(default=5, ge=1)


class ApiSettings(Document):
    """The HTTP face. The three tokens are put in force at the start, so that a fleet has its first ones from files.

    `admin_token` is for people's first visit, `viewer_token` for programs that only look, as Prometheus does, and
    `reporter_token` for those that only send signals, as Alertmanager does.
    `max_bulk_bytes` is for a delivery of signals, which may bring a thousand alerts; `max_body_bytes` for all else.
    With `open_metrics` the figures need no token while `host` is loopback: anything that publishes the port, such as a
    proxy, then publishes them.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8642, ge=0, le=65535)
    max_body_bytes: int = Field(default=1_000_000, ge=1_000)
    max_bulk_bytes: int = Field(default=8_000_000, ge=1_000, le=32_000_000)
    open_metrics: bool = False
    max_backlog: int = Field(default=100_000, ge=1)
    admin_token: SecretStr | None = None
    viewer_token: SecretStr | None = None
    reporter_token: SecretStr | None = None


class FlowerSettings(Document):
    """Flower, always read-only. `auth` is `user:password`; without it Flower stays on loopback."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = Field(default=5555, ge=0, le=65535)
    auth: SecretStr | None = None

    @model_validator(mode="after")
    def _closed_to_others(self) -> "FlowerSettings":
        if self.auth is None and self.host not in _LOOPBACK:
            raise ValueError(f"host {self.host} lets others in; set flower.auth to user:password, or stay on 127.0.0.1")
        if self.auth is not None and not all(self.auth.get_secret_value().partition(":")):
            raise ValueError("auth must be of the form user:password")
        return self


class AuditSettings(Document):
    """Where the audit log's key and anchor lie: never in the database."""

    keys_dir: Path | None = None
    anchor_file: Path | None = None
    seal_every: timedelta = Field(default=timedelta(milliseconds=50), gt=timedelta(0), le=timedelta(seconds=5))


class LineSettings(Document):
    """The line's own times."""

    correlation_window: timedelta = timedelta(minutes=15)
    stalled_after: timedelta = timedelta(seconds=20)
    busy_wait: timedelta = timedelta(milliseconds=500)
    patience: timedelta = timedelta(minutes=15)
    # A member of a condition that is silent for this long has ended. Alertmanager repeats every 4 h by default.
    silent_after: timedelta = Field(default=timedelta(hours=5), ge=timedelta(minutes=1))
    # Fair shares: incidents of one target at work at once, and urgent ones that a sender may open in a span of time.
    under_way: int = Field(default=4, ge=1, le=100)
    urgent_by_target: int = Field(default=5, ge=1)
    urgent_by_sender: int = Field(default=30, ge=1)
    urgent_span: timedelta = Field(default=timedelta(minutes=10), ge=timedelta(minutes=1), le=timedelta(days=1))


class CycleSettings(Document):
    """How often beat looks."""

    triggers: timedelta = timedelta(seconds=30)
    telemetry: timedelta = timedelta(seconds=60)


class RetentionSettings(Document):
    """How long what is over stays in the database; the audit log and incidents are not touched.

    `unaudited` jobs are the periodic looks. A dead job can be replayed as long as it is kept. `instances` are those
    that are gone and were well.
    """

    jobs: timedelta = Field(default=timedelta(days=30), ge=timedelta(hours=1))
    unaudited: timedelta = Field(default=timedelta(days=1), ge=timedelta(hours=1))
    dead: timedelta = Field(default=timedelta(days=90), ge=timedelta(hours=1))
    signals: timedelta = Field(default=timedelta(days=90), ge=timedelta(days=1))
    instances: timedelta = Field(default=timedelta(days=30), ge=timedelta(hours=1))


class EventSettings(Document):
    """How long the event mesh keeps events, and how many at most; a subscriber that comes later is told."""

    keep: timedelta = Field(default=timedelta(days=7), ge=timedelta(minutes=1))
    most: int = Field(default=1_000_000, ge=1_000)


class FleetSettings(Document):
    """How this node leaves, and when its leader sets an instance apart, lets it back in, or retires it."""

    stop_grace: timedelta = Field(default=timedelta(seconds=5), ge=timedelta(0), le=timedelta(hours=1))
    quarantine_below: float = Field(default=0.4, ge=0, lt=0.5)
    sick_for: timedelta = Field(default=timedelta(seconds=4), ge=timedelta(0))
    repair_within: timedelta = Field(default=timedelta(seconds=60), gt=timedelta(0))
    validate_within: timedelta = Field(default=timedelta(seconds=30), gt=timedelta(0))
    attempts: int = Field(default=3, ge=1)
    canaries: int = Field(default=2, ge=1, le=20)


class LogSettings(Document):
    """Logging of the node's processes; as JSON unless set otherwise, or the output is a terminal."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    json_lines: bool | None = None


class TargetSettings(Document):
    """One declared target; its `connection` is read by the adapter of its kind."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")
    kind: TargetKind
    owner: Ownership = Ownership.EXTERNAL
    connection: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    labels: dict[str, str] = Field(default_factory=dict)
    depends_on: tuple[str, ...] = ()


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
    data_dir: Path = Path(".grace")
    instance: str = Field(default_factory=platform.node, min_length=1, max_length=100)
    role: NodeRole = NodeRole.WHOLE
    environment: str = "production"
    database: DatabaseSettings = DatabaseSettings()
    broker: BrokerSettings = BrokerSettings()
    pools: PoolSettings = PoolSettings()
    limits: LimitSettings = LimitSettings()
    api: ApiSettings = ApiSettings()
    flower: FlowerSettings = FlowerSettings()
    audit: AuditSettings = AuditSettings()
    line: LineSettings = LineSettings()
    cycles: CycleSettings = CycleSettings()
    retention: RetentionSettings = RetentionSettings()
    events: EventSettings = EventSettings()
    fleet: FleetSettings = FleetSettings()
    log: LogSettings = LogSettings()
    playbooks: tuple[Path, ...] = ()
    policy: Path | None = None
    targets: tuple[TargetSettings, ...] = ()

    @field_validator("instance")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        # It becomes part of the names of workers, queues, signing keys and targets.
        if _INSTANCE.fullmatch(value) is None:
            raise ValueError("a name has letters, digits, `.`, `_` and `-` only, and begins with a letter or digit")
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

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

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, which arrives as init values; a secret may have a file of its own."""
        del dotenv_settings
        if isinstance(env_settings, EnvSettingsSource):
            env_settings.env_vars = _with_secret_files(env_settings.env_vars, settings_cls)
        return env_settings, init_settings, file_secret_settings


def secret_files(environment: Mapping[str, str | None]) -> Mapping[str, Path]:
    """Return, by the name of its setting in capitals, each file that `<name>_FILE` names for a secret."""
    told = {name.upper(): value for name, value in environment.items()}
    names = (f"GRACE_{group}__{member}".upper() for group, member in _secrets(Settings))
    return {name: Path(path) for name in names if (path := told.get(f"{name}_FILE"))}


def _with_secret_files(environment: Mapping[str, str | None], settings: type[BaseSettings]) -> Mapping[str, str | None]:
    """Return the environment with each secret read from the file that `<its name>_FILE` names."""
    found = dict(environment)
    for group, member in _secrets(settings):
        name = f"grace_{group}__{member}"
        path = found.pop(f"{name}_file", None)
        if path and found.get(name):
            raise InputError(f"settings: {name.upper()} and {name.upper()}_FILE are both set; keep one")
        if path:
            found[name] = _secret_in(Path(path), name.upper())
    return found


def _secrets(settings: type[BaseSettings]) -> Iterator[tuple[str, str]]:
    """Yield group and member of every secret among the settings."""
    for group, field in settings.model_fields.items():
        if _is_group(field.annotation):
            for member, inner in field.annotation.model_fields.items():
                if inner.annotation == SecretStr | None:
                    yield group, member


def _is_group(annotation: Any) -> TypeGuard[type[Document]]:
    return isinstance(annotation, type) and issubclass(annotation, Document)


def _secret_in(path: Path, name: str) -> str:
    require_given(path, f"settings: {name}_FILE names")
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise InputError(f"settings: {name}_FILE names {path}, which cannot be read: {why}") from None
    if not secret:
        raise InputError(f"settings: {name}_FILE names {path}, which is empty; write the secret into it")
    return secret


def load_settings(config: Path | None = None) -> Settings:
    """Return the settings from `config` and the environment.

    The default is the file that `GRACE_CONFIG` names, else `grace.yaml` in the working directory, if there.

    Relative paths in the file are taken from the file's own directory.

    Raises:
        InputError: the file can be changed by others or cannot be read, is not YAML, or a value does not fit; no value
            is shown.
    """
    named = os.environ.get("GRACE_CONFIG")
    path = config or Path(named or "grace.yaml")
    values: dict[str, Any] = {}
    if config is not None or named or path.is_file():
        values = {**_read(path), "config_file": path.resolve()}
    _refuse_unknown(os.environ)
    try:
        return Settings(**values)
    except ValidationError as error:
        raise InputError(f"settings: {sentence(error)}") from error
    except SettingsError as error:
        # It names the field and not the value; what caused it holds the value.
        raise InputError(f"settings: {error}; write JSON in it, or set its parts, as in GRACE_API__PORT") from None


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    """Refuse a misspelt group, which would be as if nothing were set; a misspelt member is refused with its group."""
    for name in environment:
        group, parted, _ = name.upper().removeprefix("GRACE_").partition("__")
        if name.upper().startswith("GRACE_") and parted and group.lower() not in Settings.model_fields:
            near = get_close_matches(group.lower(), Settings.model_fields, n=1)
            hint = f"; is it GRACE_{near[0].upper()}__… that you mean?" if near else ""
            raise InputError(f"settings: {name[:80]} is no setting{hint or '; see the reference of the settings'}")


def _read(path: Path) -> dict[str, Any]:
    require_given(path, "settings file")
    try:
        if path.stat().st_size > _MOST_CONFIG_BYTES:
            raise InputError(f"settings file {path} is larger than {_MOST_CONFIG_BYTES} bytes; is it the right file?")
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"settings file {path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        # The parser's own words quote the line, and the line may hold a password.
        raise InputError(f"settings file {path} is not valid YAML{_place(error)}") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise InputError(f"settings file {path} must hold a mapping at its top, as in `data_dir: .grace`")
    return _rooted(values, path.resolve().parent)


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f": look at line {mark.line + 1}, column {mark.column + 1}, and above"


def _rooted(values: dict[str, Any], root: Path) -> dict[str, Any]:
    rooted = dict(values)
    for key in ("data_dir", "policy"):
        if isinstance(rooted.get(key), str):
            rooted[key] = root / Path(rooted[key]).expanduser()
    if isinstance(rooted.get("playbooks"), list):
        rooted["playbooks"] = [root / Path(str(item)).expanduser() for item in rooted["playbooks"]]
    return rooted
