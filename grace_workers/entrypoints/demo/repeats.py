"""What the demo's node allows beyond the shipped policy and playbooks: the same faults in every demo on the same data.

Elsewhere a remedy that runs often, or in vain, hides the real fault and must pause. Here the fault comes back because
someone starts another demo.
"""

from datetime import timedelta
from pathlib import Path

import yaml

from grace_workers.entrypoints.demo.code import TARGET
from grace_workers.foundation.own_file import write_own
from grace_workers.governance import shipped_policy
from grace_workers.settings import shipped

REMEDIES = ("restart_dead_service", "end_lock_pileup", "switch_off_bad_flag", "free_log_space", "clear_stale_cache")
_RUNS_PER_HOUR = 1000


def write_policy(path: Path) -> None:
    """Write the shipped policy without its pause, so that a remedy that failed too often goes on once a person agrees.

    Patches of the shop's code need no person here.
    """
    policy = shipped_policy().model_copy(update={"ineffective_pause": timedelta(0), "auto_merge": (TARGET,)})
    content = policy.model_dump(mode="json", exclude_unset=True)
    write_own(path, yaml.safe_dump(content, sort_keys=False))


def write_playbooks(folder: Path) -> None:
    """Write the remedies as they ship, apart from how often an hour each may run."""
    for name in REMEDIES:
        content = yaml.safe_load((shipped("playbooks") / f"{name}.yaml").read_text(encoding="utf-8"))
        content["guards"]["max_runs_per_hour"] = _RUNS_PER_HOUR
        write_own(folder / f"{name}.yaml", yaml.safe_dump(content, sort_keys=False))
