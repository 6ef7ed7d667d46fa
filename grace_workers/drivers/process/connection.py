"""The connection of a process."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import FilePath, OneLine, Timeout, ZoneName
from grace_workers.foundation.secret import EnvironmentName, SecretText

EXAMPLE = """\
targets:
  - name: shop
    kind: process
    owner: internal
    connection:
      command: [/srv/shop/bin/serve, --port, "8080"]
      pid_file: /run/shop/shop.pid
      user: shop
      cwd: /srv/shop
      env:
        SHOP_DATABASE_URL: {env: SHOP_DATABASE_URL}
      log_file: /var/log/shop/shop.log
      ready: {http: "http://shop.internal:8080/healthz"}
      http: http://shop.internal:8080
      error_log: /var/log/shop/shop.log
      log_control: /run/shop/levels.json
"""

AccountName = Annotated[str, StringConstraints(pattern=r"^([A-Za-z_][A-Za-z0-9_.-]{0,31}|[0-9]{1,9})$")]


class ReadySettings(Document):
    """When a process counts as started. Give one of the two."""

    http: OneLine | None = Field(default=None, description="A URL that answers below 500.")
    tcp: Annotated[str, StringConstraints(pattern=r"^[^\s:]+:[0-9]{1,5}$")] | None = Field(
        default=None, description="A `host:port` that accepts connections."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.http is None) == (self.tcp is None):
            raise ValueError("give exactly one of `http` and `tcp`")
        return self


class ProcessConnection(Document):
    """A program that Grace starts and stops, identified by its pid file, and what else can be observed of it."""

    command: Annotated[tuple[OneLine, ...], Field(min_length=1)] = Field(description="The program and its arguments.")
    pid_file: FilePath = Field(description="Where Grace writes which process it is. No one else may write there.")
    user: AccountName | None = Field(
        default=None,
        description=(
            "The user it runs as, by name or number; only a node run by root can change it. Default: Grace's own user."
        ),
    )
    group: AccountName | None = Field(default=None, description="The group it runs in. Default: the user's own.")
    umask: Annotated[str, StringConstraints(pattern=r"^0?[0-7]{3}$")] = Field(
        default="022",
        description="The umask: the permissions that its new files do not get.",
        json_schema_extra={"unit": "octal"},
    )
    cwd: FilePath | None = Field(default=None, description="Its working directory. Default: Grace's.")
    env: dict[EnvironmentName, SecretText] = Field(
        default_factory=dict,
        description=("Environment variables in addition to `PATH`, `LANG`, `TZ` and those of its user."),
    )
    log_file: FilePath | None = Field(
        default=None, description="The file its output goes to. Default: none, and the output is lost."
    )
    ready: ReadySettings | None = Field(
        default=None, description="When it counts as started. Default: when it is still running after 0.2 s."
    )
    start_timeout: Timeout = Field(default=timedelta(seconds=15), description="How long it may take to be ready.")
    http: OneLine | None = Field(default=None, description="The address at which it serves HTTP.")
    error_log: FilePath | None = Field(
        default=None, description="The log to search for errors, in one of the [known formats](logs.md)."
    )
    error_log_zone: ZoneName = Field(
        default="UTC", description="The time zone of timestamps in that log that name none, such as `Europe/Vienna`."
    )
    log_control: FilePath | None = Field(
        default=None, description="The control file on which it runs `grace_workers.LevelControl`."
    )
