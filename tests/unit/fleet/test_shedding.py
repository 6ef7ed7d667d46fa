from datetime import timedelta

from grace_workers.fleet import Kernel, Pressure, Ready, Shedding, SheddingRule, Tier, sheddable, weigh

RULE = SheddingRule()
SHORT = Pressure(memory_free=0.02, load_per_core=1)
TIGHT = Pressure(memory_free=0.07, load_per_core=1)
ROOMY = Pressure(memory_free=0.5, load_per_core=1)


def after(known: Shedding, seen: Pressure, seconds: float) -> Shedding:
    return weigh(known, seen, timedelta(seconds=seconds), RULE)


def test_load_is_shed_only_when_the_pressure_lasts():
    once = after(Shedding(), SHORT, 6)
    assert not once.active
    assert after(once, SHORT, 6) == Shedding(active=True, why="load: 2% of the memory is free")


def test_a_moment_of_relief_resets_the_count():
    relieved = after(after(Shedding(), SHORT, 9), ROOMY, 1)
    assert not after(relieved, SHORT, 9).active


def test_load_returns_only_well_within_the_limit_and_after_a_delay():
    shed = Shedding(active=True, why="load")
    assert after(shed, TIGHT, 60).active
    eased = after(shed, ROOMY, 20)
    assert eased.active
    assert not after(eased, ROOMY, 20).active


def test_too_many_runnable_processes_are_pressure_too():
    found = after(Shedding(), Pressure(memory_free=0.5, load_per_core=20), 11)
    assert found.why == "load: 20 runnable processes per core"


def test_only_what_a_node_can_do_without_is_shed():
    def kernel(name: str, **given) -> Kernel:
        return Kernel(name=name, tier=Tier.AGENTS, readiness=lambda _probe: Ready(""), process=name, **given)

    kernels = [
        kernel("needed"),
        kernel("optional", critical=False),
        kernel("spared", critical=False, may_pause=True),
    ]
    assert sheddable({one.name: one for one in kernels}) == ["spared"]
