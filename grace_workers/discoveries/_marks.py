"""How a thing asks to be a target through its own labels or annotations."""

from collections.abc import Mapping

from grace_workers.orchestration.discovery.sighting import Sighting


def sighting(marks: Mapping[str, str], prefix: str, *, identity: str, values: Mapping[str, str]) -> Sighting | None:
    """Return what a thing with these marks declares; None if it does not ask to be a target.

    `<prefix>target` gives its name, `<prefix>depends-on` the names of what it needs, separated by commas,
    `<prefix>label-<name>` a label, and `<prefix>heartbeat-every` and `<prefix>heartbeat-grace` a heartbeat.
    """
    name = marks.get(f"{prefix}target")
    if name is None:
        return None
    ours, beat = f"{prefix}label-", f"{prefix}heartbeat-"
    return Sighting(
        name=name,
        identity=identity,
        values=values,
        labels={key.removeprefix(ours): value for key, value in marks.items() if key.startswith(ours)},
        depends_on=tuple(one.strip() for one in marks.get(f"{prefix}depends-on", "").split(",") if one.strip()),
        heartbeat={key.removeprefix(beat): value for key, value in marks.items() if key.startswith(beat)},
    )
