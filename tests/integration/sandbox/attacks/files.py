"""Files outside: changing them, reading them, and leaving traps for the clean-up."""

_OPEN = "from contextlib import suppress\nimport os, sys\n"


def _tries(*lines: str) -> str:
    """Each line in turn, whatever happens to the others."""
    return _OPEN + "".join(f"with suppress(OSError, ValueError):\n    {line}\n" for line in lines)


PROGRAMS = {
    "writes to a file": _tries("open(OUTSIDE, 'w').write('changed')"),
    "appends to a file": _tries("open(OUTSIDE, 'a').write('changed')"),
    "truncates a file by its path": _tries("os.truncate(OUTSIDE, 0)"),
    "truncates a file when opening it": _tries("os.open(OUTSIDE, os.O_RDONLY | os.O_TRUNC)"),
    "removes a file": _tries("os.unlink(OUTSIDE)"),
    "renames a file": _tries("os.rename(OUTSIDE, OUTSIDE + '.moved')", "os.rename(OUTSIDE, 'taken')"),
    "puts its own file in the place of another": _tries(
        "open('mine', 'w').write('changed')", "os.replace('mine', OUTSIDE)"),
    "exchanges a folder": _tries("os.rename(os.path.dirname(OUTSIDE), 'taken')"),
    "changes the mode of a file": _tries("os.chmod(OUTSIDE, 0o777)"),
    "changes the mode through a descriptor": _tries("os.fchmod(os.open(OUTSIDE, os.O_RDONLY), 0o777)"),
    "changes the mode of a shown file": _tries(
        "os.chmod(SHOWN, 0o777)", "os.fchmod(os.open(SHOWN, os.O_RDONLY), 0o777)"),
    "changes the times of a shown file": _tries("os.utime(SHOWN, (1, 1))"),
    "changes the owner of a file": _tries("os.chown(OUTSIDE, os.getuid(), -1)", "os.chown(SHOWN, 12345, 12345)"),
    "sets the times of a file": _tries("os.utime(OUTSIDE, (1, 1))"),
    "sets an attribute of a file": _tries("os.setxattr(OUTSIDE, 'user.x', b'1')", "os.setxattr(SHOWN, 'user.x', b'1')"),
    "writes through a symbolic link": _tries("os.symlink(OUTSIDE, 'link')", "open('link', 'w').write('changed')"),
    "writes through a hard link": _tries("os.link(OUTSIDE, 'hard')", "open('hard', 'w').write('changed')"),
    "writes through a hard link to a shown file": _tries(
        "os.link(SHOWN, 'hard')", "open('hard', 'w').write('changed')"),
    "makes files beside ours": _tries("open(os.path.dirname(OUTSIDE) + '/new', 'w').write('x')"),
    "makes files in the system": _tries(*(f"open('{path}/attack', 'w').write('x')" for path in (
        "/etc", "/usr/bin", "/usr/lib", "/var/tmp", "/root", "/home", "/opt", "/run", "/dev", "/sys", "/"))),
    "changes the interpreter": _tries("open(sys.executable, 'ab').write(b'x')", "open(os.__file__, 'a').write('x')"),
    "reads a secret": _tries("print(open(SECRET).read())"),
    "reads a secret through a link": _tries("os.symlink(SECRET, 'link')", "print(open('link').read())"),
    "reads a secret through a hard link": _tries("os.link(SECRET, 'hard')", "print(open('hard').read())"),
    "reads a secret through the root of a process": _tries(
        "print(open('/proc/self/root' + SECRET).read())", "print(open('/proc/1/root' + SECRET).read())",
        "print(open(f'/proc/{VICTIM}/root' + SECRET).read())"),
    "reads a secret by way of its folder": _tries("print(open(os.path.join(os.getcwd(), '..', 'secret')).read())"),
    "reads passwords": _tries("print('MANAGED', open('/etc/shadow').read())"),
    "reads the environment of a process outside": _tries("print(open(f'/proc/{VICTIM}/environ').read())"),
    "reads the memory of a process outside": _tries(
        "print('MANAGED', open(f'/proc/{VICTIM}/maps').readline())",
        "print('MANAGED', os.open(f'/proc/{VICTIM}/mem', os.O_RDONLY))"),
    "writes the memory of its parent": _tries("print('MANAGED', os.open(f'/proc/{os.getppid()}/mem', os.O_RDWR))"),
    "opens descriptors of a process outside": _tries(
        *(f"print('MANAGED', os.open(f'/proc/{{VICTIM}}/fd/{number}', os.O_RDONLY))" for number in range(3))),
    "opens descriptors of its parent": _tries(
        *(f"print('MANAGED', os.open(f'/proc/{{os.getppid()}}/fd/{number}', os.O_RDONLY))" for number in range(20))),
    "reads the environment of its parent": _tries("print(open(f'/proc/{os.getppid()}/environ').read())"),
    "opens devices": _tries(*(f"print('MANAGED', os.open('/dev/{name}', os.O_RDONLY))" for name in (
        "mem", "kmsg", "port", "vda", "sda", "nvme0n1", "loop-control", "fuse", "net/tun", "kvm"))),
    "writes to kernel settings": _tries(*(f"open('/proc/sys/{name}', 'w').write('1')" for name in (
        "kernel/core_pattern", "kernel/sysrq", "vm/drop_caches")), "open('/proc/sysrq-trigger', 'w').write('b')"),
    "chooses a process outside to be killed first": _tries("open(f'/proc/{VICTIM}/oom_score_adj', 'w').write('1000')"),
    "nests folders deeper than a program recurses": """
import os
for _ in range(1100):
    os.mkdir('d'); os.chdir('d')
open('f', 'w').write('x')
""",
    "nests folders deeper than a path reaches": """
import os
for _ in range(60):
    os.mkdir('d' * 250); os.chdir('d' * 250)
for number in range(2000): open(f"{number}", 'w').write('x' * 100000)
""",
    "leaves folders that nobody may enter": _tries(
        "os.makedirs('a/b/c')", "open('a/b/c/f', 'w').write('x')", "os.chmod('a/b', 0)", "os.chmod('a', 0)",
        "os.makedirs(os.environ['TMPDIR'] + '/a/b')", "os.chmod(os.environ['TMPDIR'] + '/a', 0)"),
    "leaves links to outside for who cleans up": _tries(
        "os.symlink(os.path.dirname(OUTSIDE), os.environ['TMPDIR'] + '/link')", "os.symlink('/etc', 'link')",
        "os.symlink('/', os.environ['TMPDIR'] + '/root')"),
    "leaves names that no text holds": _tries(
        "open(b'\\xff\\xfe\\n', 'w').write('x')", "open(os.environb[b'TMPDIR'] + b'/\\xff\\n', 'w').write('x')"),
    "leaves a pipe that blocks who reads it": _tries("os.mkfifo('result')", "os.mkfifo(os.environ['TMPDIR'] + '/p')"),
    "swaps a folder for a link while it ends": """
import os, sys
os.mkdir('result')
if os.fork() == 0:
    while True:
        try:
            os.rename('result', 'moved'); os.symlink(os.path.dirname(OUTSIDE), 'result')
            os.unlink('result'); os.rename('moved', 'result')
        except OSError: pass
import time; time.sleep(0.1)
""",
    "dumps core": """
import ctypes, os
os.chdir(os.getcwd())
ctypes.string_at(0)
""",
}  # fmt: skip
