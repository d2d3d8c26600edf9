"""Write docs/reference.md: every file of a publication, every block, every key, with examples."""

from collections.abc import Iterator
from pathlib import Path

from tipbrief.check.schema.descriptions import FILE_MODELS, KeyDescription, Topic, list_topics

FILE = Path(__file__).parent.parent / "docs" / "reference.md"
_HEAD = """# Reference: every file, every block, every key
`python -m tools.reference` makes this page of what reads the files; `tipbrief help figures.yaml` and
`tipbrief help block years` print parts of it. The examples are of a made-up publication, and a test builds
them. Keys that need not be there may be left out.

`tipbrief check --schema` has your editor say the same while you write. With the extension "YAML" by Red Hat
for VS Code, or with any editor that uses yaml-language-server, it completes keys and the names of your
figures, sources, tables and columns, and marks what has a wrong shape. After new names, run it again.
"""


def written() -> str:
    """The page."""
    parts = [_HEAD, "## Files"]
    found = list_topics()
    for name, topic in found.items():
        if name == next(one for one in found if one.startswith("block ")):
            parts.append("## Blocks\nThey stand in the list `blocks` of a brief, each behind a hyphen.")
        parts.append("\n".join(_topic(topic)))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _topic(topic: Topic) -> Iterator[str]:
    title = topic.name.removeprefix("block ")
    yield f"### {title}" if topic.name in FILE_MODELS or topic.name != title else f"#### {title}"
    yield from (topic.text, "")
    if topic.keys:
        yield from ("| key | is | written as | default |", "|---|---|---|---|")
        yield from (_row(key) for key in topic.keys)
        yield ""
    yield from ("```yaml", topic.example, "```")


def _row(key: KeyDescription) -> str:
    default = "must be there" if key.is_required else f"`{key.default}`" if key.default else ""
    words = f"**{key.description.title}.** {key.description.text}"
    return " | ".join((f"| `{key.name}`", words.replace("|", "\\|"), key.value_form, f"{default} |"))


def main() -> None:
    """Write the page anew."""
    FILE.write_text(written(), encoding="utf-8")


if __name__ == "__main__":
    main()
