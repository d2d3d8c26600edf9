"""``python -m tipbrief`` is the same as ``tipbrief``."""

from tipbrief.cli import main

if __name__ == "__main__":
    main(prog_name="tipbrief")
