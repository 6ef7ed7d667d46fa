"""Made-up recordings of suites."""

from grace_workers.coding.recording import Recording, TestRun


def run(name, outcome, lines, frames=(), error=""):
    return TestRun(name=name, outcome=outcome, lines={"a.py": list(lines)} if lines else {}, frames=frames, error=error)


def recording(*runs):
    return Recording(collected=tuple(one.name for one in runs), runs={one.name: one for one in runs}, code=1)
