"""Processes that outlive the program, and signals to those outside."""

_BEGIN = "import os, signal, sys, time\n"

PROGRAMS = {
    "leaves a child": _BEGIN + "if os.fork() == 0: time.sleep(300)",
    "leaves a daemon": _BEGIN
    + """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for n in range(3): os.close(n)
        time.sleep(300)
    os._exit(0)
os.wait()
""",
    "leaves a chain of orphans": _BEGIN
    + """
for _ in range(10):
    if os.fork(): os._exit(0)
time.sleep(300)
""",
    "leaves a daemon that ignores every signal": _BEGIN
    + """
if os.fork() == 0:
    os.setsid()
    for n in range(1, 65):
        try: signal.signal(n, signal.SIG_IGN)
        except (OSError, ValueError): pass
    time.sleep(300)
time.sleep(0.1)
""",
    "leaves a process that forks on": _BEGIN
    + """
if os.fork() == 0:
    while True:
        if os.fork(): os._exit(0)
time.sleep(0.2)
""",
    "leaves many that fork on": _BEGIN
    + """
for _ in range(8):
    if os.fork() == 0:
        while True:
            try:
                if os.fork(): os._exit(0)
            except OSError: pass
time.sleep(0.3)
""",
    "adopts its orphans itself": _BEGIN
    + """
import ctypes
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
if os.fork() == 0:
    if os.fork() == 0: os.setsid(); time.sleep(300)
    os._exit(0)
os.wait()
""",
    "leaves a stopped process": _BEGIN
    + """
child = os.fork()
if child == 0: time.sleep(300)
os.kill(child, signal.SIGSTOP)
""",
    "leaves a process of another program": _BEGIN
    + "import subprocess; subprocess.Popen(['/bin/sh', '-c', 'sleep 300 & sleep 300 &'], start_new_session=True)",
    "leaves a thread that does not end": _BEGIN
    + "import threading; threading.Thread(target=time.sleep, args=(300,), daemon=True).start()",
    "leaves a process while it is killed by itself": _BEGIN
    + """
if os.fork() == 0: os.setsid(); time.sleep(300)
os.kill(os.getpid(), signal.SIGKILL)
""",
    "forks without end": _BEGIN
    + """
while True:
    try: os.fork()
    except OSError: pass
""",
    "starts threads without end": _BEGIN
    + """
import threading
try:
    while True: threading.Thread(target=time.sleep, args=(300,), daemon=True).start()
except RuntimeError: os._exit(0)
""",
    "kills everything that it may": _BEGIN + "signal.signal(9 - 9 + 15, signal.SIG_IGN)\nos.kill(-1, signal.SIGKILL)",
    "kills its parent": _BEGIN + "os.kill(os.getppid(), signal.SIGKILL); time.sleep(0.2)",
    "stops its parent": _BEGIN + "os.kill(os.getppid(), signal.SIGSTOP); time.sleep(0.2)",
    "kills a process outside": _BEGIN + "os.kill(int(VICTIM), signal.SIGKILL)",
    "kills a process outside by its descriptor": _BEGIN
    + "signal.pidfd_send_signal(os.pidfd_open(int(VICTIM)), signal.SIGKILL)",
    "kills the group of its parent": _BEGIN + "os.killpg(os.getpgid(os.getppid()), signal.SIGKILL)",
    "kills every process by number": _BEGIN
    + """
for number in range(2, 70000):
    if number != os.getpid():
        try: os.kill(number, signal.SIGKILL)
        except OSError: pass
""",
    "joins the group of its parent": _BEGIN + "os.setpgid(0, os.getpgid(os.getppid())); print('MANAGED')",
    "looks for inherited descriptors": _BEGIN
    + """
found = []
for number in range(3, 1024):
    try: os.fstat(number); found.append(number)
    except OSError: pass
if found: print('MANAGED', found)
""",
    "reads its environment": _BEGIN + "print(dict(os.environ))",
    "writes to the host's control socket": _BEGIN
    + """
for number in range(3, 1024):
    try: os.write(number, b'ended\\t0\\t\\t\\t0\\t0\\t0\\n'); print('MANAGED')
    except OSError: pass
""",
}
