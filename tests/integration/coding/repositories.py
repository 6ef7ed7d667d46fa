"""Small Git repositories with a fault that a test shows."""

import subprocess
import sys

# The plugin of kmock needs another that is not installed.
COMMAND = [sys.executable, "-m", "pytest", "-q", "-p", "no:pytest-socket", "-p", "no:kmock"]


def git(folder, *words):
    name = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = subprocess.run(["git", *name, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def repository(folder, files):
    """Make a repository of `files` with one commit."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def state(folder):
    """Return what must be the same after every call: files, index, references."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "objects" not in path.parts
    }
    return files, git(folder, "for-each-ref"), git(folder, "rev-parse", "HEAD")
