"""The index of a repository: modules, symbols, calls, tests and owners, kept and read anew where files changed."""
