"""Switch a feature flag to another of its variants."""

from grace_workers.actions.act import Act
from grace_workers.actions.params import Name
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.flag_store import Flag, FlagStore
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError, InputError, PermanentError


class ToggleFlagParams(Document):
    """`variant` becomes the default variant of `flag`; with `instead_of`, only if that is the default variant now."""

    flag: Name
    variant: Name
    instead_of: Name | None = None


class FlagBefore(Document):
    """The variant that a flag had."""

    flag: str
    variant: str


class ToggleFlag(Act[FlagStore, ToggleFlagParams, FlagBefore]):
    """Switch a feature flag to another of its variants."""

    role = FlagStore
    params = ToggleFlagParams
    kept = FlagBefore

    def preview(self, store: FlagStore, params: ToggleFlagParams) -> Preview:
        """Return which variant would replace which."""
        flag = _switchable(store, params)
        blast = BlastRadius(count=1, unit="flag", share=1 / max(len(store.flags()), 1))
        if flag.variant == params.variant:
            return Preview(changes=(f"leave flag {flag.key} at {flag.variant}",), blast=blast)
        return Preview(changes=(f"switch flag {flag.key} from {flag.variant} to {params.variant}",), blast=blast)

    def snapshot(self, store: FlagStore, params: ToggleFlagParams) -> FlagBefore:
        """Save the variant."""
        flag = _switchable(store, params)
        return FlagBefore(flag=flag.key, variant=flag.variant)

    def apply(self, store: FlagStore, params: ToggleFlagParams, before: FlagBefore) -> Outcome:
        """Switch it."""
        flag = _switchable(store, params)
        if flag.variant == params.variant:
            return unchanged(f"flag {flag.key} is already {flag.variant}")
        if flag.variant != before.variant:
            raise ConflictError(
                f"flag {flag.key!r} was switched to {flag.variant!r} by someone else since it was {before.variant!r}; "
                f"decide by hand"
            )
        store.set_variant(params.flag, params.variant)
        words = f"flag {params.flag} switched from {before.variant} to {params.variant}"
        return done(words, variant=params.variant)

    def effect(self, store: FlagStore, params: ToggleFlagParams, before: FlagBefore) -> Effect:
        """Present when the flag has the variant."""
        del before
        return Effect.PRESENT if store.flag(params.flag).variant == params.variant else Effect.ABSENT

    def restore(self, store: FlagStore, params: ToggleFlagParams, before: FlagBefore) -> Outcome:
        """Switch it back, unless it has a third variant by now."""
        earlier, now = before.variant, store.flag(params.flag).variant
        if now == earlier:
            return unchanged(f"flag {params.flag} is already back at {now}")
        if now != params.variant:
            raise ConflictError(
                f"flag {params.flag!r} was switched to {now!r} by someone else meanwhile; it was {earlier!r} before "
                f"this step, so decide by hand"
            )
        store.set_variant(params.flag, earlier)
        return done(f"flag {params.flag} switched back to {earlier}")

    def restored(self, store: FlagStore, params: ToggleFlagParams, before: FlagBefore) -> bool:
        """Return whether it has its earlier variant."""
        return store.flag(params.flag).variant == before.variant


def _switchable(store: FlagStore, params: ToggleFlagParams) -> Flag:
    flag = store.flag(params.flag)
    if params.variant not in flag.variants:
        known = ", ".join(flag.variants) or "none"
        raise InputError(f"flag {flag.key!r} has no variant {params.variant!r}; it has: {known}")
    if params.instead_of is not None and flag.variant not in {params.instead_of, params.variant}:
        raise ConflictError(f"flag {flag.key!r} has {flag.variant!r}, not {params.instead_of!r}; decide by hand")
    if flag.targeted:
        raise PermanentError(
            f"flag {flag.key!r} has targeting rules, which override its default variant; change the rules by hand"
        )
    if not flag.enabled:
        raise PermanentError(f"flag {flag.key!r} is disabled, so none of its variants is served; enable it first")
    return flag


DEFINITION = ToggleFlag().primitive(
    "toggle_flag",
    "Switch a feature flag to another of its variants.",
    aspect=Aspect.CONFIG,
    risk=0.2,
    worst=BlastRadius(count=1, unit="flag", share=1.0),
)
