"""The geometry of the kernels' graph."""

from grace_workers.entrypoints.dashboard.kernel_graph import BOX_WIDE, kernel_graph

GRAPH = {
    "kernels": [{"name": name, "critical": name == "database"} for name in ("database", "sealer", "scheduler")],
    "needs": [{"from": "sealer", "to": "database"}, {"from": "scheduler", "to": "database"}],
    "waves": [["database"], ["scheduler", "sealer"]],
}


def test_each_wave_is_a_column_and_each_need_a_line_between_two():
    drawn = kernel_graph(GRAPH, [])
    places = {one.name: (one.x, one.y) for one in drawn.kernels}
    assert places["scheduler"][0] == places["sealer"][0] > places["database"][0] + BOX_WIDE
    assert len(set(places.values())) == 3
    assert all(x1 < x2 for x1, _, x2, _ in drawn.lines)
    assert {one.state for one in drawn.kernels} == {"unknown"}


def test_the_worst_state_of_all_nodes_is_shown():
    reported = [{"kernel": "sealer", "state": state} for state in ("ready", "failed", "paused")]
    drawn = {one.name: one for one in kernel_graph(GRAPH, reported).kernels}
    assert (drawn["sealer"].state, drawn["sealer"].tone) == ("failed", "bad")
    assert (drawn["database"].critical, drawn["sealer"].critical) == (True, False)
