"""Flower: a program of its own that only looks. It is given the broker, and neither database nor key."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grace_workers.adapters.celery import flower_command
from grace_workers.bootstrap.addresses import broker_of
from grace_workers.foundation.errors import InputError
from grace_workers.settings import Settings

_NOT_FOR_FLOWER = ("GRACE_DATABASE", "GRACE_API", "GRACE_AUDIT")


@dataclass(frozen=True, slots=True)
class FlowerProcess:
    """What starts Flower: its words and its environment."""

    argv: Sequence[str]
    environment: Mapping[str, str]


def flower_process(settings: Settings, environment: Mapping[str, str]) -> FlowerProcess:
    """Return what starts Flower with these settings, in an environment from which it can read no other secret.

    Raises:
        InputError: the broker is not known, or the data directory cannot be written.
    """
    given, folder = settings.flower, settings.data_dir / "flower"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot create {folder}: {error.strerror}; choose another data directory") from error
    kept = {name: value for name, value in environment.items() if not name.upper().startswith(_NOT_FOR_FLOWER)}
    auth = {} if given.auth is None else {"FLOWER_BASIC_AUTH": given.auth.get_secret_value()}
    broker = {"GRACE_BROKER__URL": broker_of(settings).get_secret_value()}
    for replaced in ("GRACE_BROKER__URL_FILE", "GRACE_BROKER__PASSWORD", "GRACE_BROKER__PASSWORD_FILE"):
        kept.pop(replaced, None)
    argv = flower_command(port=given.port, address=given.host, database=folder / "flower.db")
    return FlowerProcess(argv=argv, environment={**kept, **broker, **auth})


def become_flower(settings: Settings) -> None:
    """Replace this process by Flower. Raises InputError as `flower_process` does."""
    found = flower_process(settings, os.environ)
    os.execve(found.argv[0], list(found.argv), dict(found.environment))  # noqa: S606 - our own interpreter, no shell
