from typing import Any

from grace_workers.entrypoints.dashboard.course import course_of


def course(*slices: dict[str, Any]) -> dict[str, Any]:
    return {
        "since": "2026-06-30T06:02:00Z", "until": "2026-06-30T06:12:00Z", "every": 300.0, "slices": list(slices)
    }  # fmt: skip


def ended(at: str, count: int, waited: float, pool: str = "healing") -> dict[str, Any]:
    return {"pool": pool, "at": f"2026-06-30T06:{at}:00Z", "ended": count, "failed": 0, "waited": waited}


def test_each_slice_is_a_point_and_one_without_a_job_is_on_the_floor() -> None:
    found = course_of("healing", course(ended("00", 1, 0.5), ended("10", 4, 2.0), ended("05", 9, 9.0, "coding")))
    assert (found.width, found.ended) == (4, [(0, 13.5), (2, 18.0), (4, 0.0)])
    assert found.waited == [(0, 13.5), (2, 18.0), (4, 0.0)]
    assert found.ended_words.startswith("5 jobs in 10 min, at most 4 in 5 min")
    assert found.waited_words == "waited 1.7 s on average, at most 2.0 s"


def test_a_pool_that_did_nothing_is_a_line_on_the_floor() -> None:
    found = course_of("healing", course())
    assert (found.ended, found.waited_words) == ([(0, 18.0), (2, 18.0), (4, 18.0)], "none waited")
