"""One random change to a log, and the first entry it makes untrustworthy, if one can be named."""

import random
from dataclasses import replace

from grace_workers.audit import Anchored, Head
from tests.unit.audit.logs import Log


def flipped(value: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(value))
    return value[:place] + bytes([value[place] ^ 1 << chance.randrange(8)]) + value[place + 1 :]


def mutate(log: Log, chance: random.Random) -> tuple[Log, int | None]:
    """Return a changed copy and the first bad seq, or None if only the finding counts."""
    kind = chance.choice(
        ["field", "field", "field", "delete", "swap", "insert", "cut", "sign", "node", "head", "anchor"]
    )
    return _KINDS[kind](log, chance)


def _field(log: Log, chance: random.Random) -> tuple[Log, int]:
    rows, place = list(log.rows), chance.randrange(len(log.rows))
    row = list(rows[place])
    column = chance.choice([column for column in (1, 2, 3, 4, 5) if row[column] is not None])
    row[column] = flipped(row[column], chance)
    rows[place] = tuple(row)
    return replace(log, rows=rows), place


def _delete(log: Log, chance: random.Random) -> tuple[Log, int]:
    place = chance.randrange(len(log.rows))
    return replace(log, rows=log.rows[:place] + log.rows[place + 1 :]), place


def _swap(log: Log, chance: random.Random) -> tuple[Log, int]:
    rows = list(log.rows)
    one, two = sorted(chance.sample(range(len(rows)), 2))
    rows[one], rows[two] = (one, *rows[two][1:]), (two, *rows[one][1:])
    return replace(log, rows=rows), one


def _insert(log: Log, chance: random.Random) -> tuple[Log, int]:
    place = chance.randrange(len(log.rows))
    copied = (place, *chance.choice(log.rows)[1:])
    later = [(row[0] + 1, *row[1:]) for row in log.rows[place:]]
    found = place if copied != log.rows[place] else place + 1
    return replace(log, rows=[*log.rows[:place], copied, *later]), found


def _cut(log: Log, chance: random.Random) -> tuple[Log, int]:
    place = chance.randrange(len(log.rows))
    return replace(log, rows=log.rows[:place]), place


def _sign(log: Log, chance: random.Random) -> tuple[Log, None]:
    notes, place = list(log.checkpoints), chance.randrange(len(log.checkpoints))
    size, note = notes[place]
    notes[place] = (size, flipped(note.encode(), chance).decode("utf-8", "replace"))
    return replace(log, checkpoints=notes), None


def _node(log: Log, chance: random.Random) -> tuple[Log, int]:
    nodes, place = list(log.nodes), chance.randrange(len(log.nodes))
    nodes[place] = nodes[place]._replace(hash=flipped(nodes[place].hash, chance))
    return replace(log, nodes=nodes), nodes[place].idx << nodes[place].height


def _head(log: Log, chance: random.Random) -> tuple[Log, None]:
    head = Head(log.head.size, flipped(log.head.frontier, chance), log.head.chain)
    return replace(log, head=head), None


def _anchor(log: Log, chance: random.Random) -> tuple[Log, None]:
    anchors, place = list(log.anchors), chance.randrange(len(log.anchors))
    note = flipped(anchors[place].note.encode(), chance).decode("utf-8", "replace")
    anchors[place] = Anchored(note, anchors[place].at)
    return replace(log, anchors=anchors), None


_KINDS = {
    "field": _field,
    "delete": _delete,
    "swap": _swap,
    "insert": _insert,
    "cut": _cut,
    "sign": _sign,
    "node": _node,
    "head": _head,
    "anchor": _anchor,
}
