"""A feature flag as flagd defines it: state, variants, the default one, and rules of targeting."""

from typing import Any

from grace_workers.actions import Flag


def has_default(raw: Any) -> bool:
    """Return whether the definition has a default variant, so that it can be switched."""
    return (
        isinstance(raw, dict)
        and isinstance(raw.get("variants"), dict)
        and isinstance(raw.get("defaultVariant"), str)
        and raw["defaultVariant"] in raw["variants"]
    )


def flag_of(key: str, raw: dict[str, Any]) -> Flag:
    """Return the flag; its definition has a default variant."""
    return Flag(
        key=key,
        enabled=raw.get("state") == "ENABLED",
        variant=raw["defaultVariant"],
        variants=tuple(raw["variants"]),
        targeted=bool(raw.get("targeting")),
    )
