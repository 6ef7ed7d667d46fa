"""One look of a discovery: what it sees is admitted, compared with what is known, stored and audited."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from grace_workers.actions import AnyDriver, Target
from grace_workers.audit import Entry
from grace_workers.cycles import Finding
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, GraceError, InputError, NotFoundError
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.redaction import redacted
from grace_workers.orchestration.discovery.admission import admit
from grace_workers.orchestration.discovery.beating import declared_heartbeat
from grace_workers.orchestration.discovery.comparing import Comparison, Discovered, compare
from grace_workers.orchestration.discovery.sighting import DiscoveryRule, Sighting
from grace_workers.orchestration.stores import LineLedger, LineTransaction
from grace_workers.orchestration.stores.discovered import DiscoveredStore, DiscoveryState
from grace_workers.orchestration.work.findings import keep
from grace_workers.signals import Heartbeat

FINDINGS = "discovery"
_NONE = Catalog[AnyDriver]("driver", {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Discoveries:
    """The declared discoveries, the drivers, and the names of the targets that are declared by hand."""

    rules: Mapping[str, DiscoveryRule] = field(default_factory=dict)
    drivers: Catalog[AnyDriver] = _NONE
    declared: Collection[TargetName] = ()

    def named(self, name: str) -> DiscoveryRule:
        """Return a rule. Raises NotFoundError."""
        if name not in self.rules:
            known = ", ".join(self.rules) or "none"
            raise NotFoundError(f"no discovery named {name[:80]!r}; declared discoveries: {known}")
        return self.rules[name]

    def target(self, one: Discovered) -> Target | None:
        """Return a stored sighting as a target under the rules of now; None where they do not cover it any more."""
        rule = self.rules.get(one.discovery)
        if rule is None or one.name in self.declared:
            return None
        try:
            return replace(admit(one.sighting, rule, self.drivers), incarnation=one.incarnation)
        except GraceError:
            return None

    def heartbeat(self, one: Discovered) -> Heartbeat | None:
        """Return the heartbeat that a target declares, which `target` admits."""
        return declared_heartbeat(one.sighting, self.rules[one.discovery])


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How a look ended, and what it changed."""

    state: DiscoveryState
    news: Mapping[str, Sequence[TargetName]] = field(default_factory=dict)


def look(ledger: LineLedger, clock: Clock, known: Discoveries, name: str, *, by: str, accept: bool = False) -> Looked:
    """Look once. A second look changes nothing. With `accept` what is gone is dropped, however much it is.

    A place that cannot be read changes no target; the state says why.

    Raises:
        NotFoundError: there is no such discovery.
        ConflictError: a later look has ended before this one.
    """
    rule, began = known.named(name), clock.now()
    try:
        seen, problem = list(rule.look()), None
        if len(seen) > rule.most:
            seen, problem = (
                [],
                f"{len(seen)} things ask to be targets; at most {rule.most} may (`most`), so none was taken",
            )
    except GraceError as error:
        seen, problem = [], redacted(str(error))
    with ledger.transaction() as tx:
        tx[DiscoveredStore].lock()
        return _Look(tx, known, rule, began, by).settled(seen, problem, accept=accept)


@dataclass(frozen=True, slots=True)
class _Look:
    tx: LineTransaction
    known: Discoveries
    rule: DiscoveryRule
    began: datetime
    by: str

    def settled(self, seen: Sequence[Sighting], problem: str | None, *, accept: bool) -> Looked:
        store = self.tx[DiscoveredStore]
        states = {one.name: one for one in store.states()}
        before = states.get(self.rule.name) or DiscoveryState(name=self.rule.name, looked_at=self.began)
        if before.looked_at > self.began:
            raise ConflictError(f"discovery {self.rule.name!r}: a later look has ended already; nothing was changed")
        if problem is not None:
            after = replace(before, looked_at=self.began, problem=problem)
            store.save(after, None)
            self._tell(before, after, {**states, after.name: after})
            return Looked(state=after)
        known = store.targets()
        taken, refused = self._admitted(seen, [one for one in known if one.discovery != self.rule.name])
        own = [one for one in known if one.discovery == self.rule.name]
        share = self.rule.keep_share
        found = compare(self.rule.name, own, taken, self.began, keep_share=share, accept=accept)
        moved = list(found.targets) != list(own)
        after = replace(
            before,
            looked_at=self.began,
            revision=before.revision + moved,
            seen=len(taken),
            refused=refused,
            problem=found.kept,
        )
        store.save(after, found.targets if moved else None)
        self._audit(found, own)
        self._tell(before, after, {**states, after.name: after})
        return Looked(state=after, news=found.news)

    def _admitted(
        self, seen: Sequence[Sighting], others: Sequence[Discovered]
    ) -> tuple[Sequence[Sighting], Mapping[str, str]]:
        """Return what may be targets, and why the rest may not, by name."""
        elsewhere = {one.name: one.discovery for one in others if one.discovery in self.known.rules}
        names = [one.name for one in seen]
        taken, refused = [], {}
        for one in seen:
            try:
                if one.name in self.known.declared:
                    raise InputError("a target of this name is declared in grace.yaml")
                if one.name in elsewhere:
                    raise InputError(f"discovery {elsewhere[TargetName(one.name)]!r} has found a target of this name")
                if names.count(one.name) > 1:
                    raise InputError(f"{names.count(one.name)} things have this name")
                admit(one, self.rule, self.known.drivers)
            except GraceError as error:
                refused[redacted(one.name[:80])] = redacted(str(error))
            else:
                taken.append(one)
        return taken, refused

    def _audit(self, found: Comparison, own: Sequence[Discovered]) -> None:
        rows = {one.name: one for one in (*own, *found.targets)}
        for word, names in found.news.items():
            for name in names:
                sighting = rows[name].sighting
                labels: dict[str, JsonValue] = dict(sighting.labels)
                data: dict[str, JsonValue] = {
                    "discovery": self.rule.name,
                    "identity": sighting.identity,
                    "kind": sighting.kind or self.rule.kinds[0],
                    "owner": self.rule.owner.value,
                    "labels": {key: labels[key] for key in labels if key in self.rule.keep},
                }
                self._append(f"target.{word}", f"target:{name}", word, data)

    def _tell(self, before: DiscoveryState, after: DiscoveryState, states: Mapping[str, DiscoveryState]) -> None:
        """Say once what was refused anew, and what is wrong with the place since now."""
        subject = f"discovery:{self.rule.name}"
        for name, why in after.refused.items():
            if before.refused.get(name) != why:
                self._append("discovery.refused", subject, "refused", {"name": name, "reason": why})
        if after.problem is not None and after.problem != before.problem:
            self._append("discovery.kept", subject, "kept", {"reason": after.problem})
        keep(self.tx, FINDINGS, [one for state in states.values() for one in self._findings(state)], self.began)

    def _findings(self, state: DiscoveryState) -> Sequence[Finding]:
        if state.name not in self.known.rules:
            return []
        broken = [] if state.problem is None else [("problem", f"discovery {state.name}: {state.problem}")]
        refused = [(f"refused:{name}", f"{name!r} became no target: {why}") for name, why in state.refused.items()]
        return [Finding(key=f"{state.name}:{key}", title=title) for key, title in (*broken, *refused)]

    def _append(self, action: str, subject: str, outcome: str, data: Mapping[str, JsonValue]) -> None:
        self.tx.audit.append(
            Entry(at=self.began, actor=self.by, action=action, subject=subject, outcome=outcome, data=data)
        )
