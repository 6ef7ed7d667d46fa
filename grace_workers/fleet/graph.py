"""The graph of kernels: which one needs which, as text for people and as data for programs."""

from collections.abc import Iterable, Mapping, Sequence

from grace_workers.fleet.kernel import Kernel, Tier, waves
from grace_workers.foundation.document import JsonValue


def graph_text(kernels: Iterable[Kernel]) -> str:
    """Return the graph, tier by tier, in start order; `!` marks critical kernels.

    Raises:
        CatalogError: a need is unknown, or needs form a cycle.
    """
    known = {one.name: one for one in kernels}
    order = [name for wave in waves(known) for name in wave]
    width = max((len(name) for name in known), default=0)
    lines: list[str] = []
    for tier in Tier:
        mine = [known[name] for name in order if known[name].tier is tier]
        if mine:
            lines += [f"{tier.value} {tier.name.lower()}", *(_line(one, width) for one in mine)]
    return "\n".join(lines)


def graph_json(kernels: Iterable[Kernel]) -> Mapping[str, JsonValue]:
    """Return the graph as nodes, edges (`from` needs `to`), and the waves in which they start.

    Raises:
        CatalogError: a need is unknown, or needs form a cycle.
    """
    known = {one.name: one for one in kernels}
    nodes: list[JsonValue] = [_node(one) for one in known.values()]
    edges: list[JsonValue] = [{"from": one.name, "to": need} for one in known.values() for need in one.needs]
    return {"kernels": nodes, "needs": edges, "waves": [list(wave) for wave in waves(known)]}


def dependants(kernels: Mapping[str, Kernel], name: str) -> Sequence[str]:
    """Return everything that needs `name`, directly or through others, in start order."""
    found: list[str] = []
    for wave in waves(kernels):
        found += [one for one in wave if {name, *found}.intersection(kernels[one].needs)]
    return found


def _line(one: Kernel, width: int) -> str:
    mark = "!" if one.critical else " "
    needs = f"<- {', '.join(one.needs)}" if one.needs else ""
    return f"  {mark} {one.name:<{width}}  {needs}".rstrip()


def _node(one: Kernel) -> dict[str, JsonValue]:
    return {
        "name": one.name,
        "tier": one.tier.name.lower(),
        "critical": one.critical,
        "process": one.process,
        "may_pause": one.may_pause,
        "needs": list(one.needs),
    }
