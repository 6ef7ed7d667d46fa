"""A target in memory that is declared elsewhere."""

from dataclasses import dataclass, field

from grace_workers.actions import DeclaredElsewhere


@dataclass(slots=True)
class MemoryDeclared(DeclaredElsewhere):
    """`DeclaredElsewhere` of the roles that `by` names."""

    by: dict[type, str] = field(default_factory=dict)

    def put_back_by(self, role: type) -> str | None:
        return self.by.get(role)
