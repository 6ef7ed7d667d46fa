"""The program of the drills' HTTP services: plain sockets, because a server of the library takes a second to start."""

PROGRAM = """\
import json, pathlib, signal, socket, sys, threading, time

port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
kept = []
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def said(name, otherwise):
    try:
        return (folder / name).read_text().strip()
    except OSError:
        return otherwise


if said("crash", ""):
    sys.exit(1)


def crowded():
    folder = said("slowed_by", "")
    return folder and sum(1 for _ in pathlib.Path(folder).iterdir()) > 400


def broken_by_flag():
    file = said("flags", "")
    if not file or json.loads(pathlib.Path(file).read_text())["flags"]["new-checkout"]["defaultVariant"] != "on":
        return False
    with open(folder / "shop.log", "a") as log:
        log.write(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()) + " ERROR KeyError in flag new-checkout\\n")
    return True


def answer(line):
    with line:
        line.settimeout(5)
        try:
            line.recv(2000)
            time.sleep(0.7 if crowded() else float(said("delay", "0")))
            status = "500" if broken_by_flag() else said("status", "200")
            body = said("page", "fine").encode()
            head = f"HTTP/1.1 {status} Said\\r\\nContent-Length: {len(body)}\\r\\nConnection: close"
            line.sendall(head.encode() + b"\\r\\n\\r\\n" + body)
        except OSError:
            pass


with socket.create_server(("127.0.0.1", port)) as server:
    while True:
        line, _ = server.accept()
        threading.Thread(target=answer, args=(line,), daemon=True).start()
"""
