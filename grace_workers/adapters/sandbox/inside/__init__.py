"""What runs between the host and a confined program.

It starts for every program, so it imports only what Python's own start has loaded and small C modules: not `typing`,
`json`, `signal`, `enum` or `contextlib`, which together take longer than everything else. Its modules import each other
relatively, because the host knows them by their full names, the launcher as a separate package.
"""
