"""``python -m tipbrief`` is the same as ``tipbrief``."""

from tipbrief.cli.main import main

if __name__ == "__main__":
    main(prog_name="tipbrief")
