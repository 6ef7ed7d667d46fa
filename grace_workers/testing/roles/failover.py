"""A primary and its standbys in memory."""

from dataclasses import dataclass

from grace_workers.actions import Failover, FailoverMembers
from grace_workers.foundation.errors import NotFoundError


@dataclass(slots=True)
class MemoryFailover(Failover):
    """`Failover` among `standbys`; a primary that gives way stands by, last in line."""

    primary: str = "a"
    standbys: tuple[str, ...] = ("b", "c")

    def members(self) -> FailoverMembers:
        return FailoverMembers(primary=self.primary, standbys=self.standbys)

    def promote(self, standby: str) -> FailoverMembers:
        if standby != self.primary:
            if standby not in self.standbys:
                raise NotFoundError(f"there is no standby {standby!r}")
            others = tuple(one for one in self.standbys if one != standby)
            self.primary, self.standbys = standby, (*others, self.primary)
        return self.members()
