"""What is known about this node's secrets, gathered at the edge: the values stay here."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from stat import S_IMODE
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from grace_workers.fleet import SecretFacts, weakness
from grace_workers.settings.addresses import addresses
from grace_workers.settings.loading import secret_files
from grace_workers.settings.tree import Settings

_MOUNTED = Path("/run/secrets")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "", None})


def secret_facts(settings: Settings) -> Sequence[SecretFacts]:
    """Return the facts of every secret that this node uses. Raises InputError when its servers are unknown."""
    return list(_facts(settings))


def _facts(settings: Settings) -> Iterator[SecretFacts]:
    found = addresses(settings)
    for name, url in (("database", found.database), ("broker", found.broker)):
        yield _password(f"the {name}'s password", f"GRACE_{name.upper()}__URL", url)
    yield from _chosen(settings)
    if settings.config_file is not None:
        yield from _written_in(settings.config_file, settings)
    for setting, path in secret_files(os.environ).items():
        # A container engine mounts these for one container, and the container itself keeps them closed.
        if _MOUNTED not in path.parents:
            yield _file(f"the secret of {setting}_FILE", path, "run chmod 600 on it")
    yield _file("the audit log's signing key", settings.audit_keys_dir / "key", "run chmod 600 on it")
    yield _file("the CLI's token", settings.cli_token_file, "run chmod 600 on it")
    yield _file("the servers' addresses", settings.data_dir / "servers.json", "run chmod 600 on it")


def _chosen(settings: Settings) -> Iterator[SecretFacts]:
    """Yield the facts of what people chose for the API and Flower, if they did."""
    # Imported only when needed, because it brings the stores, and every command reads the settings.
    from grace_workers.orchestration.tokens import PREFIX

    api, flower = settings.api, settings.flower
    given = {"ADMIN_TOKEN": api.admin_token, "VIEWER_TOKEN": api.viewer_token, "REPORTER_TOKEN": api.reporter_token}
    for setting, token in given.items():
        if token is not None:
            value = token.get_secret_value().removeprefix(PREFIX)
            yield _valued(f"the API's {setting.lower().replace('_', ' ')}", f"GRACE_API__{setting}", weakness(value))
    if flower.auth is not None:
        user, _, password = flower.auth.get_secret_value().partition(":")
        yield _valued("Flower's password", "GRACE_FLOWER__AUTH", weakness(password, user=user))


def _valued(name: str, where: str, weak: str | None) -> SecretFacts:
    return SecretFacts(name=name, where=where, mend="give a long random one", present=True, weak=weak)


def _password(name: str, where: str, url: SecretStr) -> SecretFacts:
    parts = urlsplit(url.get_secret_value())
    password = unquote(parts.password or "")
    return SecretFacts(
        name=name,
        where=where,
        mend="set a long random one on the server and in the URL",
        present=bool(password),
        # A server on the same machine may identify its callers by their user or its socket.
        optional=parts.hostname in _LOOPBACK,
        weak=weakness(password, user=unquote(parts.username or "")) if password else None,
    )


def _written_in(file: Path, settings: Settings) -> Iterator[SecretFacts]:
    """Yield the facts of the settings file if it contains one of the secrets."""
    urls = [one.get_secret_value() for one in (settings.database.url, settings.broker.url) if one is not None]
    api = settings.api
    tokens = (
        *(api.admin_token, api.viewer_token, api.reporter_token, settings.flower.auth, settings.model.key),
        settings.sign_in.client_secret,
    )
    secrets = [urlsplit(url).password or "" for url in urls]
    secrets += [one.get_secret_value().rpartition(":")[2] for one in tokens if one is not None]
    written = file.read_text(encoding="utf-8")
    if any(one and (one in written or unquote(one) in written) for one in secrets):
        yield _file("a secret", file, "run chmod 600 on it")


def _file(name: str, path: Path, mend: str) -> SecretFacts:
    """Return the facts of a secret that is a separate file; no person chose its content."""
    try:
        mode = S_IMODE(path.stat().st_mode)
        with path.open("rb") as file:
            present = bool(file.read(1))
    except FileNotFoundError:
        return SecretFacts(name=name, where=str(path), mend=mend, present=False, optional=True)
    except OSError as error:
        why = error.strerror or type(error).__name__
        return SecretFacts(name=name, where=str(path), mend=mend, present=True, unreadable=why)
    return SecretFacts(name=name, where=str(path), mend=mend, present=present, mode=mode)
