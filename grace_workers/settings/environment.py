"""The environment that passes a node's configuration to a child process."""

from collections.abc import Mapping

from grace_workers.settings.addresses import Addresses, remember
from grace_workers.settings.tree import Settings

# Whole addresses replace these.
_SETTLED = frozenset({"GRACE_DATABASE__URL_FILE", "GRACE_BROKER__URL_FILE"})


def child_environment(settings: Settings, found: Addresses, environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return `environment` with these settings and the servers' addresses in it."""
    return {
        **{name: value for name, value in environment.items() if name.upper() not in _SETTLED},
        "GRACE_DATABASE__URL": found.database.get_secret_value(),
        "GRACE_BROKER__URL": found.broker.get_secret_value(),
        "GRACE_DATA_DIR": str(settings.data_dir),
        "GRACE_INSTANCE": settings.instance,
        "GRACE_ROLE": settings.role.value,
        "PYTHONUNBUFFERED": "1",
        **({"GRACE_CONFIG": str(settings.config_file)} if settings.config_file else {}),
    }


def settle(settings: Settings, found: Addresses, environment: Mapping[str, str]) -> Mapping[str, str]:
    """Keep the addresses for commands beside the node, and return its children's environment. Raises OSError."""
    remember(settings, found)
    return child_environment(settings, found, environment)
