"""A module that cannot be loaded before a fork, because its import starts a thread."""

import threading

threading.Thread(target=threading.Event().wait, daemon=True).start()
