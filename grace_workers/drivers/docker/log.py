"""What one container printed, read for its errors."""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from grace_workers.drivers._shared.container import moment
from grace_workers.drivers._shared.error_log import Tail, TailedLog
from grace_workers.drivers.docker.container import Container

_MOST_LINES = 10_000
_MOST_BYTES = 4 << 20


class ContainerLog(TailedLog):
    """The standard output and error of a container, as far as its engine keeps them. The engine notes the times."""

    def __init__(self, container: Container) -> None:
        super().__init__(f"the log of {container.words}")
        self._container = container

    def tail(self, window: timedelta) -> Tail:
        since = datetime.now(UTC) - window
        with self._container.engine.asked(self._words) as client:
            # A container that prints without end must not fill our memory.
            # By its own default the client would follow the log, which never ends while the container runs.
            told = client.logs(
                self._container.name,
                stream=True,
                follow=False,
                timestamps=True,
                since=since.timestamp(),
                tail=_MOST_LINES,
            )
            text = _newest(told)
        lines = [_line(one) for one in reversed(text.decode(errors="replace").split("\n")) if one.strip()]
        newest = next((at for at, _ in lines if at is not None), datetime.now(UTC))
        return Tail(lines=lines, written_at=newest)


def _newest(chunks: Iterator[Any]) -> bytes:
    kept: deque[bytes] = deque()
    size = 0
    for chunk in chunks:
        kept.append(chunk)
        size += len(chunk)
        while size > _MOST_BYTES and len(kept) > 1:
            size -= len(kept.popleft())
    return b"".join(kept)


def _line(text: str) -> tuple[datetime | None, str]:
    stamp, _, rest = text.partition(" ")
    try:
        return moment(stamp), rest.rstrip("\r")
    except ValueError:
        # The first line of what is kept may be cut.
        return None, text
