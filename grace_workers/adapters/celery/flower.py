"""Flower: a separate program that only monitors. It is given the broker, but neither the database nor a key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grace_workers.adapters.celery.commands import flower_command
from grace_workers.foundation.errors import InputError

_NOT_FOR_FLOWER = ("GRACE_DATABASE", "GRACE_API", "GRACE_AUDIT")
_REPLACED = ("GRACE_BROKER__URL_FILE", "GRACE_BROKER__PASSWORD", "GRACE_BROKER__PASSWORD_FILE")


@dataclass(frozen=True, slots=True)
class FlowerProcess:
    """What starts Flower: its arguments and its environment."""

    argv: Sequence[str]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flower:
    """How Flower runs here. `auth` is `user:password`; None makes it read-only."""

    broker_url: str
    host: str
    port: int
    folder: Path
    auth: str | None = None

    def process(self, environment: Mapping[str, str]) -> FlowerProcess:
        """Return what starts Flower, in an environment from which it can read no other secret.

        Raises:
            InputError: its folder cannot be made.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot create {self.folder}: {error.strerror}; choose another data directory") from error
        kept = {name: value for name, value in environment.items() if not name.upper().startswith(_NOT_FOR_FLOWER)}
        for replaced in _REPLACED:
            kept.pop(replaced, None)
        kept["GRACE_BROKER__URL"] = self.broker_url
        if self.auth is not None:
            kept["FLOWER_BASIC_AUTH"] = self.auth
        argv = flower_command(port=self.port, address=self.host, database=self.folder / "flower.db")
        return FlowerProcess(argv=argv, environment=kept)
