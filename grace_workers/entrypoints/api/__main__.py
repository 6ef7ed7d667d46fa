"""`python -m grace_workers.entrypoints.api`: serve until SIGTERM."""

import argparse
import os
from pathlib import Path

from grace_workers.entrypoints.api.server import serve
from grace_workers.entrypoints.closed import close_to_others
from grace_workers.node.pulse import begin_pulse
from grace_workers.settings import load_settings


def main() -> None:
    """Read the settings and serve."""
    parser = argparse.ArgumentParser(prog="grace-api", description="Serve the HTTP API.")
    parser.add_argument(
        "--config", type=Path, default=None, help=("the settings file; default: grace.yaml, if it exists")
    )
    close_to_others()
    begin_pulse(os.environ)
    serve(load_settings(parser.parse_args().config))


if __name__ == "__main__":
    main()
