"""The editor of the one who watches: the command by which she has a file opened at a place."""

import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path


def opened(command: Sequence[str], file: Path, line: int, column: int) -> bool:
    """Whether the editor could be started at a place; it is left alone then, and no shell reads its words."""
    places = {"{file}": str(file), "{line}": str(max(line, 1)), "{column}": str(max(column, 1))}
    words = [_filled(word, places) for word in command]
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # what ends the watch does not end the editor
        )
    except OSError:
        return False
    threading.Thread(target=process.wait, daemon=True).start()  # whoever began it is told of its end
    return True


def _filled(word: str, places: dict[str, str]) -> str:
    """A word with its placeholders filled, the file last: its name may look like another placeholder."""
    for name in ("{line}", "{column}", "{file}"):
        word = word.replace(name, places[name])
    return word
