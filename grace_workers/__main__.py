"""`python -m grace_workers`: the command line."""

from grace_workers.entrypoints.cli import main

if __name__ == "__main__":
    main()
