"""Arrows lead from the healer's box to the box of what it heals."""

from grace_workers.entrypoints.dashboard.repair_graph import repair_graph

LINKS = [
    {"healer": a, "healed": b, "how": "does it", "times": times, "ending": ending}
    for a, b, times, ending in (
        ("standby", "leader", 0, None),
        ("leader", "node", 2, None),
        ("watchdog", "kernel", 1, None),
        ("healing", "coding", 3, "verified"),
        ("coding", "healing", 1, "failed"),
    )
]


def test_an_arrow_begins_at_its_healer_and_ends_at_what_it_heals():
    drawn = repair_graph(LINKS)
    places = {one.words: (one.x, one.y) for one in drawn.parts}
    lead, node, kernel, *_ = drawn.arrows
    assert (lead.x1, lead.x2) == (places["a standby node"][0] + 150, places["the leader"][0])
    assert (node.y1, node.y2) == (13, 13)
    assert (kernel.y1, kernel.y2) == (places["a node's watchdog"][1], places["kernels"][1] + 26)
    assert kernel.head.startswith(f"{kernel.x2:.1f},{kernel.y2:.1f} ")


def test_two_that_heal_each_other_have_two_arrows_that_do_not_cover_each_other():
    *_, to_coding, to_healing = repair_graph(LINKS).arrows
    assert to_coding.x1 == to_healing.x2
    assert to_coding.y1 != to_healing.y1
    assert (to_coding.tone, to_healing.tone) == ("good", "bad")


def test_how_often_is_said_in_words():
    assert [one.words for one in repair_graph(LINKS).arrows] == [
        "not yet",
        "2 need it now",
        "once",
        "3 times",
        "once",
    ]
