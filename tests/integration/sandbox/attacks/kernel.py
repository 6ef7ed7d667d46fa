"""System calls that give more rights, reach other processes or outlive the program."""

CALL = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    given = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return libc.syscall(ctypes.c_long(number), *given)
victim = int(VICTIM)
buffer = ctypes.create_string_buffer(4096)
"""
_SINGLE = {
    "traces a process outside": "call(101, 16, victim, 0, 0)",
    "seizes a process outside": "call(101, 0x4206, victim, 0, 0)",
    "traces its own child's parent": "call(101, 16, os.getppid(), 0, 0)",
    "reads the memory of a process outside": "call(310, victim, buffer, 1, buffer, 1, 0)",
    "writes the memory of a process outside": "call(311, victim, buffer, 1, buffer, 1, 0)",
    "takes a descriptor of a process outside": "call(438, os.pidfd_open(os.getpid()), 0, 0)",
    "compares itself with a process outside": "call(312, os.getpid(), os.getppid(), 0, 0, 0)",
    "loads a program into the kernel": "call(321, 0, buffer, 120)",
    "opens performance counters": "call(298, buffer, 0, -1, -1, 0)",
    "handles page faults itself": "call(323, 0)",
    "sets up an io_uring": "call(425, 8, buffer)",
    "adds a key": "call(248, b'user', b'attack', b'x', 1, -3)",
    "asks for a key": "call(249, b'user', b'attack', None, -3)",
    "joins a keyring": "call(250, 1, None)",
    "mounts a file system": "call(165, b'none', b'/tmp', b'tmpfs', 0, None)",
    "mounts by the newer calls": "call(430, b'tmpfs', 0)",
    "clones a mount": "call(428, -100, b'/', 1)",
    "moves a mount": "call(429, -100, b'/', -100, b'/tmp', 0)",
    "unmounts": "call(166, b'/', 2)",
    "changes the root": "call(161, b'/')",
    "pivots the root": "call(155, b'/', b'/')",
    "makes a user namespace": "call(272, 0x10000000)",
    "makes a mount namespace": "call(272, 0x20000)",
    "makes a network namespace": "call(272, 0x40000000)",
    "joins the namespace of its parent": "call(308, os.open('/proc/self/ns/net', os.O_RDONLY), 0)",
    "clones into a user namespace": "call(56, 0x10000011, 0, 0, 0, 0)",
    "clones by the newer call": "call(435, buffer, 64)",
    "opens a file by its handle": "call(304, -100, buffer, 0)",
    "asks for a file's handle": "call(303, -100, b'/', buffer, buffer, 0)",
    "loads a module": "call(175, buffer, 0, b'')",
    "loads another kernel": "call(246, 0, 0, buffer, 0)",
    "restarts the machine": "call(169, 0xfee1dead, 672274793, 0, None)",
    "swaps to a file": "call(167, b'/tmp/x', 0)",
    "accounts processes to a file": "call(163, b'/tmp/x')",
    "sets the clock": "call(164, buffer, None)",
    "sets the host's name": "call(170, b'owned', 5)",
    "reads the kernel's log": "call(103, 3, buffer, 4096)",
    "watches the whole file system": "call(300, 0, 0)",
    "changes its personality": "call(135, 0x0040000)",
    "asks for ports of the machine": "call(172, 3)",
    "sets quotas": "call(179, 0x800002, b'/dev/vda', 0, buffer)",
    "makes shared memory of System V": "call(29, 7321, 4096, 0o1666)",
    "makes semaphores of System V": "call(64, 7321, 1, 0o1666)",
    "makes a message queue of System V": "call(68, 7321, 0o1666)",
    "makes a message queue of POSIX": "call(240, b'attack', 0o102, 0o666, None)",
    "makes a file in memory": "call(319, b'attack', 0)",
    "raises its own limits": "call(302, 0, 9, (ctypes.c_ulong * 2)(1 << 50, 1 << 50), None)",
    "changes the limits of a process outside": "call(302, victim, 7, (ctypes.c_ulong * 2)(5, 5), None)",
    "slows a process outside": "call(141, 0, victim, 19)",
    "moves a process outside to one processor": "call(203, victim, 8, (ctypes.c_ulong * 1)(1))",
    "becomes root": "call(105, 0)",
    "becomes another group": "call(116, 1, (ctypes.c_uint * 1)(0))",
    "makes a device": "call(133, b'/tmp/null', 0o20666, 0x103)",
    "makes the call of an older machine": "call(0x40000000 | 101, 16, victim, 0, 0)",
    "types into a terminal": "call(16, os.openpty()[1], 0x5412, b'x')",
}
PROGRAMS = {name: f"{CALL}\nif {code} >= 0: print('MANAGED')" for name, code in _SINGLE.items()} | {
    "runs 32-bit code": """
import ctypes, mmap
# mov eax, 26 (ptrace); xor ebx, ebx; int 0x80; ret
code = bytes.fromhex('b81a00000031dbcd80c3')
page = mmap.mmap(-1, 4096, prot=7)
page.write(code)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
if ctypes.CFUNCTYPE(ctypes.c_int)(address)() == 0: print('MANAGED')
""",
    "runs a setuid program": """
import os, subprocess
for name in ('su', 'mount', 'passwd', 'newgrp', 'chsh'):
    try: done = subprocess.run([f'/usr/bin/{name}', '--version'], capture_output=True, timeout=5)
    except OSError: continue
out = subprocess.run(['/bin/sh', '-c', 'grep CapEff /proc/self/status'], capture_output=True, text=True).stdout
print(out)
""",
    "gives itself capabilities": CALL
    + """
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
everything = (ctypes.c_uint32 * 6)(*[0xffffffff] * 6)
if libc.capset(header, everything) == 0: print('MANAGED')
""",
}
