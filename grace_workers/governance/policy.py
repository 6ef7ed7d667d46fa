"""`Policy`: what a team adds to the defaults, as ordered rules in YAML with their own tests.

The first matching rule decides. It can only make a plan wait for more people or stop it: `allow` ends the reading of
the rules, but lifts neither a domain's default nor another gate.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from grace_workers.actions import Aspect, Domain, KindName
from grace_workers.foundation.document import Document, sentence
from grace_workers.foundation.yaml_file import FileFault, SourceError, YamlFile, read_source
from grace_workers.governance.autonomy import AutonomyPolicy
from grace_workers.governance.decision import Role
from grace_workers.governance.storm.limits import StormLimits
from grace_workers.playbooks import Duration

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Words = Annotated[str, StringConstraints(min_length=3, max_length=300)]
Hours = Annotated[str, StringConstraints(pattern=r"^([01]?[0-9]|2[0-3])-([01]?[0-9]|2[0-4])$")]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name[:80]!r} is not an IANA time zone; use one such as Europe/Berlin, or UTC") from error
    return name


Zone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_known_zone)]


class Day(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_WEEK = tuple(Day)


class RuleEffect(StrEnum):
    """The ruling of a rule."""

    ALLOW = "allow"
    REVIEW = "review"
    PERMISSION = "permission"
    REFUSE = "refuse"


class Match(Document):
    """When a rule applies: every given condition must hold. `hours` are in the policy's zone; `22-6` spans midnight."""

    domains: tuple[Domain, ...] = ()
    aspects: tuple[Aspect, ...] = ()
    target_kinds: tuple[KindName, ...] = ()
    labels: dict[str, str] = Field(default_factory=dict)
    playbooks: tuple[Name, ...] = ()
    risk_at_least: float | None = Field(default=None, ge=0, le=1)
    hours: Hours | None = None
    environments: tuple[str, ...] = ()


class PolicyRule(Document):
    """One rule: what it matches, its ruling, and why."""

    name: Name
    when: Match = Match()
    effect: RuleEffect
    quorum: int = Field(default=1, ge=1, le=10)
    role: Role | None = None
    why: Words


class Touched(Document):
    """One target as rules see it."""

    kind: KindName
    labels: dict[str, str] = Field(default_factory=dict)


class Circumstances(Document):
    """What rules are matched against; `hour` is in the policy's zone. `environment` is None if unknown."""

    domain: Domain = Domain.INTERNAL_PERFORMANCE
    aspect: Aspect = Aspect.PERFORMANCE
    targets: tuple[Touched, ...] = ()
    playbook: str = ""
    risk: float = Field(default=0.0, ge=0, le=1)
    hour: int = Field(default=12, ge=0, le=23)
    environment: str | None = None


class RuleTest(Document):
    """A case that the rules must decide as written: by which rule, None for none."""

    name: Words
    given: Circumstances
    rule: Name | None = None
    effect: RuleEffect | None = None


class Thresholds(Document):
    """The risk scores from which a person must be asked."""

    review: float = Field(default=0.5, ge=0, le=1)
    permission: float = Field(default=0.75, ge=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.permission < self.review:
            raise ValueError("permission must not be below review")
        return self


class Policy(Document):
    """The whole policy. `answer_within` is how long people have; no answer is a no. `zone` is the team's time zone.

    `working_hours` and `working_days` are the team's, in that zone; a plan outside them scores a higher risk.
    `no_stands` is how long a no binds later plans of its playbook on its target. `auto_merge` lists the targets whose
    code may be changed by a verified patch without a person's look. `declared_elsewhere` is what happens to a plan
    whose change a GitOps controller is known to put back.
    """

    version: int = Field(ge=1, le=1)
    zone: Zone = "UTC"
    working_hours: Hours = "8-18"
    working_days: tuple[Day, ...] = Field(default=_WEEK[:5], max_length=7)
    thresholds: Thresholds = Thresholds()
    answer_within: Duration = timedelta(minutes=15)
    start_within: Duration = timedelta(minutes=5)
    ineffective_pause: Duration = timedelta(hours=4)
    no_stands: Duration = timedelta(hours=24)
    declared_elsewhere: RuleEffect = RuleEffect.REVIEW
    questions_per_target: int = Field(default=5, ge=1, le=1000)
    questions_per_proposer: int = Field(default=20, ge=1, le=1000)
    auto_merge: tuple[Annotated[str, StringConstraints(min_length=1, max_length=200)], ...] = Field(
        default=(), max_length=200
    )
    storm: StormLimits = StormLimits()
    autonomy: AutonomyPolicy = AutonomyPolicy()
    rules: tuple[PolicyRule, ...] = Field(default=(), max_length=200)
    tests: tuple[RuleTest, ...] = Field(default=(), max_length=500)

    def rule_for(self, circumstances: Circumstances) -> PolicyRule | None:
        """Return the first rule that applies."""
        return next((rule for rule in self.rules if applies(rule, circumstances)), None)

    def local(self, now: datetime) -> datetime:
        """Return the moment in the team's time zone."""
        return now.astimezone(ZoneInfo(self.zone))

    def at_work(self, now: datetime) -> bool:
        """Return whether the moment is in the team's working hours."""
        local = self.local(now)
        return _WEEK[local.weekday()] in self.working_days and _within(self.working_hours, local.hour)


def applies(rule: PolicyRule, case: Circumstances) -> bool:
    """Return whether `rule` applies to `case`.

    A rule that tightens needs only one matching target, while `allow` must match all of them. An unknown
    environment matches every rule but `allow`.
    """
    when, lenient = rule.when, rule.effect is RuleEffect.ALLOW
    plain = (
        (not when.domains or case.domain in when.domains)
        and (not when.aspects or case.aspect in when.aspects)
        and (not when.playbooks or case.playbook in when.playbooks)
        and (when.risk_at_least is None or case.risk >= when.risk_at_least)
        and (when.hours is None or _within(when.hours, case.hour))
    )
    return plain and _placed(when, case, lenient=lenient) and _touches(when, case, lenient=lenient)


def _placed(when: Match, case: Circumstances, *, lenient: bool) -> bool:
    if not when.environments:
        return True
    return not lenient if case.environment is None else case.environment in when.environments


def _touches(when: Match, case: Circumstances, *, lenient: bool) -> bool:
    if not when.target_kinds and not when.labels:
        return True
    fits = [_fits(when, target) for target in case.targets]
    return (bool(fits) and all(fits)) if lenient else any(fits)


def _fits(when: Match, target: Touched) -> bool:
    if when.target_kinds and target.kind not in when.target_kinds:
        return False
    return all(target.labels.get(key) == value for key, value in when.labels.items())


def _within(hours: str, hour: int) -> bool:
    first, end = (int(number) for number in re.findall(r"\d+", hours))
    return first <= hour < end if first < end else hour >= first or hour < end


def load_policy(path: Path, kinds: Collection[str] | None = None) -> Policy:
    """Return the policy at `path`, with its own tests passed.

    `kinds` are the kinds that targets can have; without them the policy's kinds are not checked.

    Raises:
        SourceError: it cannot be read or understood, names an unknown kind, or one of its tests fails.
    """
    source = read_source(path, path.name)
    try:
        policy = Policy.model_validate(source.value)
    except ValidationError as error:
        place = tuple(error.errors(include_input=False, include_url=False)[0]["loc"])
        raise SourceError((source.fault(place, sentence(error)),)) from error
    faults = (*_contradictions(policy, source), *_unknown_kinds(policy, source, kinds))
    if faults:
        raise SourceError(faults)
    return policy


@cache
def shipped_policy() -> Policy:
    """Return the policy that is in force if the user gives none, read once."""
    with as_file(files("grace_workers.governance") / "policy.yaml") as path:
        return load_policy(path)


def _contradictions(policy: Policy, source: YamlFile) -> Iterator[FileFault]:
    names = [rule.name for rule in policy.rules]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield source.fault(("rules", index, "name"), f"duplicate rule {name!r}; rename one")
    for index, test in enumerate(policy.tests):
        found = policy.rule_for(test.given)
        got: Mapping[str, str | None] = {
            "rule": found.name if found else None,
            "effect": found.effect if found else None,
        }
        for key in ("rule", "effect"):
            wanted = getattr(test, key)
            if key in test.model_fields_set and wanted != got[key]:
                message = f"test {test.name!r} wants {key} {wanted or 'none'}, but the rules give {got[key] or 'none'}"
                yield source.fault(("tests", index), message)


def _unknown_kinds(policy: Policy, source: YamlFile, kinds: Collection[str] | None) -> Iterator[FileFault]:
    rules = [
        (("rules", at, "when", "target_kinds", index), kind)
        for at, rule in enumerate(policy.rules)
        for index, kind in enumerate(rule.when.target_kinds)
    ]
    tests = [
        (("tests", at, "given", "targets", index, "kind"), target.kind)
        for at, test in enumerate(policy.tests)
        for index, target in enumerate(test.given.targets)
    ]
    for place, kind in (*rules, *tests) if kinds is not None else ():
        if kind not in (kinds or ()):
            yield source.fault(place, f"names unknown kind {kind!r}; known: {', '.join(kinds or ())}")
