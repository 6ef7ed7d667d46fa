"""What runs between the host and a confined program.

It starts for every program, so it imports only what Python's own start has loaded and small C modules: neither `typing`
nor `json`, `signal`, `enum`, `contextlib`, which together take longer than everything else. Its modules import each
other relatively: the host knows them by their full names, the launcher as a package of its own.
"""
