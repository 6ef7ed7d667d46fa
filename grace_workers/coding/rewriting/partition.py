"""Which top-level statements can leave a module, and in which order: what they use comes before them."""

import ast
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from grace_workers.coding.rewriting.module_unit import ModuleUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The statements that stay in the module, and groups that may leave it, each after the groups that it uses."""

    staying: tuple[ModuleUnit, ...]
    groups: tuple[tuple[ModuleUnit, ...], ...]


def partition(units: Sequence[ModuleUnit], *, shared: Collection[ModuleUnit], patched: Collection[str]) -> Partition:
    """Divide the units. `shared` ones every part can repeat; names in `patched` are replaced from outside.

    A statement stays if it is about the module itself, does more than define, or uses one that stays; what exists
    for type checkers only stays without those who use it, because they can import it in the same way.
    """
    own = [one for one in units if one not in shared and not one.is_for_types]
    makers = _makers(own)
    rebound = {name for one in own for name in one.rebinds}
    anchored = {one for one in own if _is_anchored(one, rebound, set(patched))}
    anchored |= _observers(own, makers)
    needs = {one: _needs(one, makers) for one in own}
    staying = _with_users(anchored, needs)
    groups = _groups([one for one in own if one not in staying], needs)
    stays = [one for one in units if one in staying or (one.is_for_types and one not in shared)]
    return Partition(staying=tuple(stays), groups=tuple(groups))


def _makers(units: Iterable[ModuleUnit]) -> Mapping[str, list[ModuleUnit]]:
    found: dict[str, list[ModuleUnit]] = {}
    for one in units:
        for name in one.binds:
            found.setdefault(name, []).append(one)
    return found


def _is_anchored(unit: ModuleUnit, rebound: set[str], patched: set[str]) -> bool:
    moved = {*rebound, *patched} & {*unit.binds, *unit.uses, *unit.rebinds}
    return bool(moved) or unit.needs_its_module or not unit.defines


def _observers(units: Sequence[ModuleUnit], makers: Mapping[str, list[ModuleUnit]]) -> set[ModuleUnit]:
    """Return the units that may see, when they run, what a statement before them has done to an object."""
    found: set[ModuleUnit] = set()
    touched: set[str] = set()
    for one in units:
        if touched & _reached(one.now, makers):
            found.add(one)
        if not one.defines:
            touched |= one.uses
    return found


def _reached(names: Iterable[str], makers: Mapping[str, list[ModuleUnit]]) -> set[str]:
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += [used for one in makers.get(name, ()) for used in one.uses]
    return found


def _needs(unit: ModuleUnit, makers: Mapping[str, list[ModuleUnit]]) -> set[ModuleUnit]:
    """Return the units that it cannot do without; those that bind one of its own names stay with it."""
    return {one for name in unit.uses | unit.binds for one in makers.get(name, ())} - {unit}


def _with_users(anchored: set[ModuleUnit], needs: Mapping[ModuleUnit, set[ModuleUnit]]) -> set[ModuleUnit]:
    staying = set(anchored)
    while more := {one for one, needed in needs.items() if one not in staying and needed & staying}:
        staying |= more
    return staying


def _groups(units: Sequence[ModuleUnit], needs: Mapping[ModuleUnit, set[ModuleUnit]]) -> list[tuple[ModuleUnit, ...]]:
    """Return the units by what needs each other, in their own order as far as needs allow."""
    reach = {one: _closure(one, needs) for one in units}
    left = list(units)
    done: set[ModuleUnit] = set()
    found: list[tuple[ModuleUnit, ...]] = []
    while left:
        ready = next(one for one in left if all(after in done or one in reach[after] for after in reach[one]))
        group = tuple(one for one in left if one is ready or (one in reach[ready] and ready in reach[one]))
        found.append(group)
        done |= set(group)
        left = [one for one in left if one not in done]
    return found


def _closure(unit: ModuleUnit, needs: Mapping[ModuleUnit, set[ModuleUnit]]) -> set[ModuleUnit]:
    found: set[ModuleUnit] = set()
    pending = list(needs[unit])
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending += needs[one]
    return found - {unit}


def patched_names(trees: Iterable[ast.Module], module: str, names: Collection[str]) -> set[str]:
    """Return the names of a module that other files replace: by assignment, `setattr`, or a mock's dotted path."""
    found: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                head, _, name = node.value.rpartition(".")
                found |= {name} if head and head.rpartition(".")[2] == module else set()
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
                found |= {node.attr} if ast.unparse(node.value) not in {"self", "cls"} else set()
            elif isinstance(node, ast.Call):
                found |= _replaced(node)
    return found & set(names)


def _replaced(call: ast.Call) -> set[str]:
    word = ast.unparse(call.func).rpartition(".")[2]
    given = call.args[1] if word in {"setattr", "delattr", "object", "multiple"} and call.args[1:] else None
    return {given.value} if isinstance(given, ast.Constant) and isinstance(given.value, str) else set()
