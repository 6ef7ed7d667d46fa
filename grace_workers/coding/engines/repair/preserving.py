"""Patches for a reported error change only what raised it: where the code worked, it must do what it did."""

from collections.abc import Mapping, Sequence

from grace_workers.coding.engines.repair.ranking import kind_of


def preserving(before: Sequence[str], after: Mapping[int, Sequence[str]], error: str) -> dict[int, bool]:
    """Return the changes that keep every outcome but those with `error`, and whether each answers like other calls.

    `before` holds the code's outcomes on some inputs, and `after` those of each change on the same inputs. Without an
    input that worked, nothing shows what a change keeps.
    """
    raised = [at for at, told in enumerate(before) if told == f"!{error}"]
    worked = [at for at, told in enumerate(before) if told != f"!{error}"]
    usual = {kind_of(before[at]) for at in worked if not before[at].startswith("!")}
    return {
        number: all(kind_of(told[at]) in usual for at in raised)
        for number, told in after.items()
        if worked and len(told) == len(before) and all(told[at] == before[at] for at in worked)
    }
