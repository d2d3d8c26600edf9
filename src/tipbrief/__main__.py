"""``python -m tipbrief`` is the same as ``tipbrief``."""

from tipbrief.cli.supervisor import run

if __name__ == "__main__":
    run()
