"""The keeper of leases goes on."""

import threading
from datetime import timedelta

from grace_workers.adapters.celery.leases import LeaseKeeper


def test_leases_are_renewed_after_an_error_that_no_one_expected() -> None:
    asked = threading.Semaphore(0)

    def held() -> list[str]:
        asked.release()
        raise RuntimeError("set changed size during iteration")

    keeper = LeaseKeeper("redis://127.0.0.1:1/0", "here", every=timedelta(milliseconds=5), held=held)
    keeper.start()
    assert [asked.acquire(timeout=10) for _ in range(3)] == [True] * 3
    keeper.stop()
