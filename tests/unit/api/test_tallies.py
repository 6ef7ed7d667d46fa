import threading
from datetime import UTC, datetime

from grace_workers.entrypoints.api.tallies import Tallies


def test_a_reader_that_leaves_off_in_the_midst_keeps_no_other_waiting() -> None:
    tallies = Tallies(lambda _since: (datetime.now(UTC), []))
    left = tallies.collect()
    next(left)
    other = threading.Thread(target=lambda: list(tallies.collect()), daemon=True)
    other.start()
    other.join(10)
    assert not other.is_alive()
    left.close()
