"""Memory, time, files and output without end."""

_BEGIN = "import os, sys, time\n"

PROGRAMS = {
    "uses memory": _BEGIN + "blocks = []\nwhile True: blocks.append(bytearray(1 << 24))",
    "uses memory in many processes": _BEGIN
    + """
for _ in range(20):
    if os.fork() == 0: break
blocks = []
while True:
    try: blocks.append(bytearray(1 << 22))
    except MemoryError: time.sleep(0.01)
""",
    "uses memory that processes share": _BEGIN
    + """
import mmap
kept = []
while True:
    try: kept.append(mmap.mmap(-1, 1 << 24)); kept[-1].write(b'x' * (1 << 24))
    except (OSError, ValueError): time.sleep(0.01)
""",
    "uses memory of pipes": _BEGIN
    + """
import fcntl
while True:
    try:
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        fcntl.fcntl(writing, 1031, 1 << 20)
        os.write(writing, b'x' * (1 << 20))
    except OSError: break
""",
    "uses memory of a temporary folder": _BEGIN
    + """
number = 0
while True:
    number += 1
    try: open(f"{os.environ['TMPDIR']}/{number}", 'wb').write(b'x' * (1 << 22))
    except OSError: time.sleep(0.01)
""",
    "uses memory of shared memory files": _BEGIN
    + """
number = 0
while True:
    number += 1
    try: open(f"/dev/shm/attack-{number}", 'wb').write(b'x' * (1 << 22))
    except OSError:
        if number > 200: break
""",
    "makes files without end": _BEGIN
    + """
number = 0
while True:
    number += 1
    try: open(f"f{number}", 'w').close()
    except OSError: time.sleep(0.01)
""",
    "makes one large file": _BEGIN + "file = open('large', 'wb')\nwhile True: file.write(b'x' * (1 << 20))",
    "makes one large file with holes": _BEGIN + "os.truncate(os.open('holes', os.O_RDWR | os.O_CREAT), 1 << 40)",
    "hides what it writes": _BEGIN
    + """
number = 0
while True:
    number += 1
    os.mkdir(f"d{number}")
    open(f"d{number}/f", 'wb').write(b'x' * (1 << 22))
    os.chmod(f"d{number}", 0)
""",
    "locks memory": _BEGIN + "import ctypes\nif ctypes.CDLL(None).mlockall(3) == 0: print('MANAGED')",
    "opens files without end": _BEGIN + "kept = []\nwhile True: kept.append(open('/dev/null'))",
    "uses the processor": _BEGIN + "while True: pass",
    "uses the processor in many processes": _BEGIN + "for _ in range(4): os.fork()\nwhile True: pass",
    "uses the processor and ignores the warning": _BEGIN
    + "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
    "waits for ever": _BEGIN + "time.sleep(300)",
    "stops itself": _BEGIN + "import signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "prints without end": _BEGIN + "while True: print('x' * 1000)",
    "complains without end": _BEGIN + "while True: sys.stderr.write('x' * 1000)",
    "has many processes print": _BEGIN + "for _ in range(4): os.fork()\nwhile True: os.write(1, b'x' * 4096)",
    "runs with priority": _BEGIN + "os.nice(-5); print('MANAGED')",
    "runs in real time": _BEGIN + "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)); print('MANAGED')",
}
