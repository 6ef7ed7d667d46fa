"""Programs: an HTTP service that too many repeated requests keep from answering, and a client that repeats them."""

SERVICE = """\
import json, socket, sys, threading, time

port, seen, limited = int(sys.argv[1]), [], [False]
MOST, WITHIN = 3, 0.5


def answer(method, path, body):
    if path == "/admin/throttle":
        if method == "PUT":
            limited[0] = json.loads(body)["on"]
        return 200, json.dumps({"on": limited[0]})
    if path == "/again":
        if limited[0]:
            return 429, "{}"
        seen.append(time.monotonic())
    del seen[: -MOST - 1]
    busy = len(seen) > MOST and time.monotonic() - seen[0] < WITHIN
    return (503 if busy else 200), "{}"


def serve(line):
    with line:
        line.settimeout(5)
        try:
            said = line.recv(4000).decode()
            head, _, body = said.partition("\\r\\n\\r\\n")
            if head.startswith("PUT") and not body:
                body = line.recv(4000).decode()
            method, path, _ = head.split(" ", 2)
            status, told = answer(method, path, body)
            more = f"Content-Type: application/json\\r\\nContent-Length: {len(told)}\\r\\nConnection: close"
            line.sendall(f"HTTP/1.1 {status} Said\\r\\n{more}\\r\\n\\r\\n{told}".encode())
        except OSError:
            pass


with socket.create_server(("127.0.0.1", port)) as server:
    while True:
        line, _ = server.accept()
        threading.Thread(target=serve, args=(line,), daemon=True).start()
"""

CLIENT = """\
import socket, sys, time

port, pause = int(sys.argv[1]), float(sys.argv[2])
while True:
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as line:
            line.sendall(b"GET /again HTTP/1.0\\r\\n\\r\\n")
            line.recv(100)
    except OSError:
        pass
    time.sleep(pause)
"""
