"""What every benchmark says about the machine it ran on, so that a figure is not read without it."""

import os
import platform


def machine() -> str:
    """Return one line: cores, load, versions. A load near the number of cores makes absolute figures worthless."""
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return f"machine: {os.cpu_count()} cores, load {load} before the run, Python {platform.python_version()}"
