"""What the fault tests have in common: start heals, and check that each of them happened once."""

from collections.abc import Sequence

from tests.acceptance.counted.house import House


def begin(house: House, targets: Sequence[str]) -> None:
    """Request a line in every file, and report every service as down."""
    for target in targets:
        if target.startswith("file"):
            house.ask_for(target)
        else:
            house.break_down(target)


def healed_once(house: House, targets: Sequence[str], *, within: float = 30.0) -> None:
    """Every target has one incident, which ended healed, and was acted on once."""
    house.until_at_rest(targets, within=within)
    endings = house.endings(targets)
    assert endings == {"healed": len(targets)}, f"{dict(endings)}\n{house.story(targets)}"
    assert {target: house.scene.effects(target) for target in targets} == dict.fromkeys(targets, 1)
