"""Discoveries as the settings declare them, opened."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from grace_workers.actions import AnyDriver, Ownership
from grace_workers.discoveries import kinds as places
from grace_workers.discoveries.discovery import AnyDiscovery, Discovery, Look
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.orchestration.discovery.admission import placeholders
from grace_workers.orchestration.discovery.looking import Discoveries
from grace_workers.orchestration.discovery.sighting import DiscoveryRule


@cache
def discovery_kinds() -> Catalog[AnyDiscovery]:
    """Return the kinds of discoveries; each is imported when it is first looked up."""
    return discover(places, Discovery, label="discovery", lazy=True)


def open_discoveries(
    said: Iterable[Any], drivers: Catalog[AnyDriver], declared: Collection[TargetName] = ()
) -> Discoveries:
    """Return the discoveries of the settings. It connects to nothing. `declared` are the targets of the settings.

    Raises:
        InputError: one cannot be used; the sentence names it.
    """
    return Discoveries(rules={one.name: _rule(one, drivers) for one in said}, drivers=drivers, declared=declared)


def _rule(said: Any, drivers: Catalog[AnyDriver]) -> DiscoveryRule:
    what, known = f"discovery {said.name!r}", discovery_kinds()
    if said.kind not in known:
        raise InputError(f"{what}: there is no kind {said.kind[:40]!r}; known: {', '.join(known.names)}")
    kind = known[said.kind]
    options = kind.options.read(dict(said.options), f"{what}: options")
    kinds = tuple(map(TargetKind, said.kinds)) or ((kind.kind,) if kind.kind is not None else ())
    if not kinds:
        raise InputError(f"{what}: name in `kinds` the kinds that its targets may have")
    unknown = sorted(set(kinds) - set(drivers.names))
    if unknown:
        raise InputError(f"{what}: unknown kind of target {unknown[0][:40]!r}; known: {', '.join(drivers.names)}")
    return DiscoveryRule(
        name=said.name,
        kind=said.kind,
        look=_opened(kind, options, what),
        kinds=kinds,
        owner=Ownership(said.owner),
        connection=_connection(kind, options, kinds, said.connection, what),
        labels=said.labels,
        keep=frozenset(said.keep_labels),
        keep_share=said.keep_share,
        most=said.most,
        heartbeats=said.heartbeats,
    )


def _opened(kind: AnyDiscovery, options: Document, what: str) -> Look:
    try:
        return kind.open(options)
    except ImportError as error:
        if kind.extra is None:
            raise
        raise InputError(
            f"{what}: kind {kind.name!r} needs packages that are not installed ({error}); "
            f"run `pip install 'grace-workers[{kind.extra}]'`"
        ) from error


def _connection(
    kind: AnyDiscovery,
    options: Document,
    kinds: tuple[TargetKind, ...],
    said: Mapping[str, JsonValue],
    what: str,
) -> Mapping[str, JsonValue]:
    if kind.whole and (said or not kinds):
        raise InputError(f"{what}: the files of its targets hold their connections, so leave `connection` out")
    if not kind.whole and len(kinds) > 1:
        raise InputError(f"{what}: its targets have one connection, so name one kind in `kinds`")
    connection = {**(kind.connection(options) if kinds[0] == kind.kind else {}), **said}
    unknown = sorted(placeholders(connection) - kind.values)
    if unknown:
        raise InputError(
            f"{what}: its connection asks for {{{unknown[0]}}}; "
            f"kind {kind.name!r} tells {', '.join(sorted(kind.values)) or 'nothing'}"
        )
    return connection
