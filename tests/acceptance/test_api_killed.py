"""What a sender may rely on when the API is killed: every accepted signal is stored, exactly once."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from tests.waiting import until

pytestmark = pytest.mark.servers

SENDERS = 4
EACH = 40


@pytest.mark.fleet
def test_a_killed_api_loses_no_accepted_signal_and_doubles_none(make_node, node_folder):
    (node_folder / "logs").mkdir()
    (node_folder / "grace.yaml").write_text(
        "targets:\n  - name: logs\n    kind: files\n    owner: internal\n"
        f"    connection: {{root: {node_folder / 'logs'}}}\n"
    )
    node = make_node().start().until_ready()
    token = (node.data_dir / "cli-token").read_text()
    accepted: list[str] = []
    enough = threading.Event()

    def send(sender: int) -> None:
        for number in range(EACH):
            key = f"{sender}:{number}"
            until(lambda key=key: post(node.api_port, token, key), within=30)
            accepted.append(key)
            if len(accepted) > SENDERS * EACH // 4:
                enough.set()

    with ThreadPoolExecutor(SENDERS) as pool:
        sending = [pool.submit(send, sender) for sender in range(SENDERS)]
        assert enough.wait(30)
        os.kill(node.pid_of("api"), signal.SIGKILL)
        for one in sending:
            one.result()

    with psycopg.connect(node.database_url) as session:
        stored = session.execute("SELECT delivery_key FROM signals").fetchall()
    keys = [row[0].split(":", 2)[2].removesuffix(":firing") for row in stored if row[0].startswith("plain:key:")]
    assert sorted(keys) == sorted(accepted)
    assert len(keys) == SENDERS * EACH


def post(port: int, token: str, key: str) -> bool:
    """Send a signal as a patient sender does; return True once it is accepted."""
    body = {"name": "Probe", "target": "logs", "key": key, "severity": "info"}
    headers = {"Authorization": f"Bearer {token}"}
    try:
        answer = httpx.post(f"http://127.0.0.1:{port}/api/v1/signals", json=body, headers=headers, timeout=5)
    except httpx.HTTPError:
        return False
    assert answer.status_code in {202, 503}, answer.text
    return answer.status_code == 202
