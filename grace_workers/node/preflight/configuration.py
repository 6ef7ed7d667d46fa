"""Whether the configuration is usable: its targets and policy, its secrets, its playbooks and causes."""

import os
from collections.abc import Sequence
from pathlib import Path

from grace_workers.diagnosis import needed_folders
from grace_workers.fleet import Limited, Readiness, Ready, SecretFacts, attest
from grace_workers.foundation.errors import InputError


def configured(seen: str, exposed: str | None) -> Readiness:
    """Judge the settings as a whole. `exposed` says which parts of the proof a healed service could forge, if any."""
    return Ready(seen) if exposed is None else Limited(seen, exposed)


def attested(facts: Sequence[SecretFacts]) -> Readiness:
    """Judge the secrets. Raises InputError for the first that is not safe."""
    faults = attest(facts)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise InputError(f"the secrets are not safe: {faults[0]}{more}")
    return Ready(f"{sum(1 for one in facts if one.present)} present, strong and closed to other users")


def require_readable(folders: Sequence[Path], kind: str) -> None:
    """Raise InputError for a folder of playbooks or causes, as `kind` says, that this user cannot read."""
    for folder in needed_folders(folders):
        if not os.access(folder, os.R_OK | os.X_OK):
            why = "cannot be read" if folder.exists() else "does not exist"
            raise InputError(f"{kind} folder {folder} {why}; correct its mode, or take it out of `{kind}s`")
