"""The log levels of a process in memory."""

from dataclasses import dataclass, field

from grace_workers.actions import LogLevels

_ROOT_LEVEL = "WARNING"


@dataclass(slots=True)
class MemoryLevels(LogLevels):
    """`LogLevels` of a process. `configured` are the process's own settings, `ours` the ones that override them."""

    configured: dict[str, str] = field(default_factory=dict)
    ours: dict[str, str] = field(default_factory=dict)

    def level(self, logger: str) -> str:
        """Return the level in force: that of the nearest logger upwards that has one."""
        effective = {"": _ROOT_LEVEL, **self.configured, **self.ours}
        while logger not in effective:
            logger = logger.rpartition(".")[0]
        return effective[logger]

    def set_level(self, logger: str, level: str | None) -> str:
        if level is None:
            self.ours.pop(logger, None)
        else:
            self.ours[logger] = level
        return self.level(logger)

    def own_level(self, logger: str) -> str | None:
        return self.ours.get(logger)
