"""The program of the drills' HTTP services: plain sockets, because a server of the library takes a second to start."""

PROGRAM = """\
import contextlib, json, pathlib, signal, socket, sys, threading, time

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


def leak(told):
    kept.append(b"x" * (told.get("mib", 0) << 20))
    for _ in range(told.get("files", 0)):
        kept.append(open("/dev/null"))
    for _ in range(told.get("threads", 0)):
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()


def fragments(place):
    port, password = place.split()
    with socket.create_connection(("127.0.0.1", int(port)), 2) as cache, cache.makefile("rb") as answers:
        def ask(*words):
            cache.sendall(b"*%d\\r\\n" % len(words) + b"".join(b"$%d\\r\\n%s\\r\\n" % (len(w), w) for w in words))
            return answers.readline()

        ask(b"AUTH", password.encode())
        for number in range(30):
            if ask(b"EXISTS", b"page:%d" % number) != b":1\\r\\n":
                time.sleep(0.03)
                ask(b"SET", b"page:%d" % number, b"x" * 100)


def crowded():
    folder = said("slowed_by", "")
    return folder and sum(1 for _ in pathlib.Path(folder).iterdir()) > 400


def merges():
    try:
        with contextlib.ExitStack() as files:
            return bool([files.enter_context(open("/dev/null")) for _ in range(20)])
    except OSError:
        return False


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
            asked = line.recv(2000)
            leak(json.loads(said("leaks", "{}")))
            if said("cache", ""):
                fragments(said("cache", ""))
            time.sleep(0.7 if crowded() else float(said("delay", "0")))
            fails = broken_by_flag() or (b"/report" in asked and not merges())
            status = "500" if fails else said("status", "200")
            body = said("page", "fine").encode()
            head = f"HTTP/1.1 {status} Said\\r\\nContent-Length: {len(body)}\\r\\nConnection: close"
            line.sendall(head.encode() + b"\\r\\n\\r\\n" + body)
        except OSError:
            pass


with socket.create_server(("127.0.0.1", port)) as server:
    while True:
        try:
            line, _ = server.accept()
        except OSError:
            time.sleep(0.05)
            continue
        threading.Thread(target=answer, args=(line,), daemon=True).start()
"""
