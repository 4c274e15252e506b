"""The command line as ``python -m acsql``."""

from .cli import main

if __name__ == "__main__":
    main()
