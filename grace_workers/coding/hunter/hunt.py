"""Examining texts by all rules."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from grace_workers.coding.hunter.finding import HunterFinding
from grace_workers.coding.hunter.hunter_rule import HunterRule
from grace_workers.coding.hunter.inspected import Inspected, TextKind
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.yaml_file import FileFault, Place, YamlFile

Rules = Iterable[HunterRule]


def hunt(text: Inspected, rules: Rules) -> list[HunterFinding]:
    """Return what the rules find in a text, in order of lines, each danger of a line once."""
    found = {
        HunterFinding(file=text.name, line=line, rule=rule.name, why=why)
        for rule in rules
        if text.kind in rule.kinds
        for line, why in rule.look(text)
    }
    return sorted(found)


def brought_in(before: Sequence[HunterFinding], after: Sequence[HunterFinding]) -> list[HunterFinding]:
    """Return the findings that a change adds: those that the text did not have before, wherever its lines moved to."""
    had = Counter((one.file, one.rule, one.why) for one in before)
    new = []
    for one in after:
        key = (one.file, one.rule, one.why)
        had[key] -= 1
        if had[key] < 0:
            new.append(one)
    return new


def objections(source: YamlFile, rules: Rules) -> list[FileFault]:
    """Return what the rules find in the texts of a YAML file, as faults of it."""
    kept = tuple(rules)
    found = [one for place, text in _texts(source.value, ()) for one in hunt(_declared(source, place, text), kept)]
    why = "{}; remove it (rule {} of the hunter)"
    return sorted({FileFault(one.file, one.line, why.format(one.why, one.rule)) for one in found})


def _declared(source: YamlFile, place: Place, text: str) -> Inspected:
    return Inspected(name=source.file, text=text, kind=TextKind.DECLARED, first_line=source.fault(place, "").line)


def _texts(value: JsonValue, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield every text of a value, including keys, because a program reads them as well."""
    match value:
        case str():
            yield place, value
        case dict():
            for key, item in value.items():
                yield (*place, key), key
                yield from _texts(item, (*place, key))
        case list():
            for index, item in enumerate(value):
                yield from _texts(item, (*place, index))
        case _:
            # A number cannot do harm.
            return


def hunt_change(name: str, before: str, after: str, rules: Rules) -> list[HunterFinding]:
    """Return what a change of one file adds. A patch with any finding must not be applied unread."""
    kept = tuple(rules)
    was, becomes = (hunt(Inspected(name=name, text=text, kind=TextKind.of(name)), kept) for text in (before, after))
    return brought_in(was, becomes)
