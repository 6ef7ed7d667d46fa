"""Generated systems that fail: dependencies, and the alerts of known faults in order of time.

The truth is the fault behind each alert. Random alerts are faults of their own. Every difficulty is a parameter: silent
culprits, undeclared dependencies, overlapping faults, delays that reverse the order.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The shape of a system and of its faults; times in seconds.

    Random alerts have a name of their own, which can be learned, or, if they look `alike`, that of most others.
    """

    targets: int = 60
    layers: int = 5
    needs: int = 3
    faults: int = 150
    gap: float = 600.0
    spread: float = 0.8
    delay: float = 15.0
    silent: float = 0.1
    noise: float = 0.1
    hidden: float = 0.0
    alike: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert, and the number of the fault behind it."""

    at: datetime
    target: str
    name: str
    fault: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A system as it is declared, and its alerts."""

    depends_on: Mapping[str, Sequence[str]]
    alerts: Sequence[Alert]


def failing(shape: Shape, seed: int) -> Failing:
    """Return a system and the alerts of its faults."""
    random = Random(seed)
    real = _system(shape, random)
    dependants: dict[str, list[str]] = defaultdict(list)
    for name, needed in real.items():
        for one in needed:
            dependants[one].append(name)
    declared = {name: [one for one in needed if random.random() >= shape.hidden] for name, needed in real.items()}
    alerts: list[Alert] = []
    moment, names = 0.0, sorted(real)
    for fault in range(shape.faults):
        moment += random.expovariate(1 / shape.gap)
        struck = _struck(random.choice(names), dependants, shape, random)
        alerts += [
            Alert(at=START + timedelta(seconds=moment + after), target=name, name=f"Alert{number}", fault=fault)
            for name, after in struck
            for number in range(1 + (random.random() < 0.4))
        ]
    span, chance = moment, round(shape.noise * len(alerts))
    for number in range(chance):
        at = START + timedelta(seconds=random.uniform(0, span))
        name = "Alert0" if shape.alike else "Alert9"
        alerts.append(Alert(at=at, target=random.choice(names), name=name, fault=shape.faults + number))
    return Failing(depends_on=declared, alerts=sorted(alerts, key=lambda one: (one.at, one.target, one.name)))


def _system(shape: Shape, random: Random) -> dict[str, list[str]]:
    layers: list[list[str]] = [[] for _ in range(shape.layers)]
    for number in range(shape.targets):
        layers[number % shape.layers if number < shape.layers else random.randrange(shape.layers)].append(f"t{number}")
    found: dict[str, list[str]] = {}
    for level, layer in enumerate(layers):
        below = layers[level - 1] if level else []
        deeper = [name for one in layers[:level] for name in one]
        for name in layer:
            direct = random.sample(below, min(len(below), random.randint(1, shape.needs)))
            far = [random.choice(deeper)] if deeper and random.random() < 0.2 else []
            found[name] = sorted({*direct, *far})
    return found


def _struck(
    culprit: str, dependants: Mapping[str, Sequence[str]], shape: Shape, random: Random
) -> list[tuple[str, float]]:
    reached, ring = {culprit: 0.0}, [culprit]
    while ring:
        name = ring.pop(0)
        for above in sorted(dependants.get(name, ())):
            if above not in reached and random.random() < shape.spread:
                reached[above] = reached[name] + random.expovariate(1 / shape.delay)
                ring.append(above)
    jitter = {name: after + random.uniform(0, shape.delay) for name, after in reached.items()}
    silent = culprit if len(reached) > 1 and random.random() < shape.silent else None
    return [(name, after) for name, after in jitter.items() if name != silent]


def pairwise(truth: Sequence[object], found: Sequence[object]) -> tuple[float, float, float]:
    """Return precision, recall and F1 over the pairs of alerts that were grouped."""
    together = _pairs(Counter(zip(truth, found, strict=True)))
    said, there = _pairs(Counter(found)), _pairs(Counter(truth))
    precision, recall = (together / said if said else 1.0), (together / there if there else 1.0)
    return precision, recall, 2 * precision * recall / (precision + recall) if together else 0.0


def _pairs(sizes: Mapping[object, int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())
