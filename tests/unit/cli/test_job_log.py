from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from grace_workers.entrypoints.cli.job_log import coming
from grace_workers.foundation.errors import TransientError

LINE = ["id: 7-0", "event: line", 'data: {"event": "began"}', ""]
ENDED = ["event: ended", 'data: {"state": "succeeded"}', ""]


class Streams:
    """An API whose streams bring these lines, one stream after the other, and then end at once and bring nothing."""

    def __init__(self, *streams: list[str]) -> None:
        self._streams = iter(streams)
        self.after: list[str | None] = []

    def stream(self, path: str, *, after: str | None, params: Mapping[str, Any]) -> Iterator[str]:
        del path, params
        self.after.append(after)
        yield from ("retry: 1000", "", *next(self._streams, []))


def test_lines_come_over_many_streams_until_the_job_has_ended() -> None:
    api, pauses = Streams(LINE, [], ENDED), list[float]()
    assert list(coming(api, "j", None, pause=pauses.append)) == [{"event": "began"}, {"state": "succeeded"}]
    assert api.after == [None, "7-0", "7-0"]
    assert pauses == [0.1, 0.2]


def test_streams_that_end_at_once_and_bring_nothing_are_given_up_and_asked_for_ever_less() -> None:
    pauses = list[float]()
    with pytest.raises(TransientError, match="the log lines of job j are unreachable"):
        list(coming(Streams(LINE), "j", None, pause=pauses.append))
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0]
