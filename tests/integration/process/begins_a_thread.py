"""A module that cannot be loaded before a fork: its import begins a thread."""

import threading

threading.Thread(target=threading.Event().wait, daemon=True).start()
