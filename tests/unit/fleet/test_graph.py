import json

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.fleet import Absent, Kernel, Tier, dependants, graph_json, graph_text

KERNELS = catalogs().kernels


def kernel(name: str, tier: Tier = Tier.FOUNDATION, **changes) -> Kernel:
    return Kernel(name=name, tier=tier, readiness=lambda probe: Absent("a test's"), **changes)


SMALL = [
    kernel("pool", Tier.AGENTS, needs=("store", "bus"), process="pool"),
    kernel("store"),
    kernel("bus"),
    kernel("extra", Tier.AGENTS, needs=("pool",), critical=False, process="extra", may_pause=True),
]


def test_the_text_shows_each_tier_in_start_order_with_its_needs():
    assert graph_text(SMALL).splitlines() == [
        "1 foundation",
        "  ! store",
        "  ! bus",
        "3 agents",
        "  ! pool   <- store, bus",
        "    extra  <- pool",
    ]


def test_the_data_names_every_kernel_need_and_wave():
    found = graph_json(SMALL)
    assert found["waves"] == [["store", "bus"], ["pool"], ["extra"]]
    assert {"from": "pool", "to": "bus"} in found["needs"]
    assert found["kernels"][3] == {
        "name": "extra",
        "tier": "agents",
        "critical": False,
        "process": "extra",
        "may_pause": True,
        "needs": ["pool"],
    }


def test_the_data_of_the_real_kernels_is_json():
    assert len(json.loads(json.dumps(graph_json(KERNELS)))["kernels"]) == 20


def test_dependants_come_in_start_order_also_through_others():
    assert dependants({one.name: one for one in SMALL}, "store") == ["pool", "extra"]
    assert dependants({one.name: one for one in SMALL}, "extra") == []
