"""A service that counts its starts. Run as `python -I -S service.py STARTS_FILE HOST PORT SECONDS_TO_START`."""

import os
import socket
import sys
import time


def main(starts: str, host: str, port: int, seconds: float) -> None:
    with open(starts, "a") as lines:  # noqa: PTH123 - without pathlib it starts faster
        lines.write(f"{os.getpid()} {time.time()}\n")
    time.sleep(seconds)
    with socket.create_server((host, port)) as listener:
        while True:
            listener.accept()[0].close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
