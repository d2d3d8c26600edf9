"""The metadata that depend on where the project is published: the README's links, and the links of the project.

``PROJECT_ADDRESS`` names the repository on the web, as in https://example.org/tipbrief. Without it the README keeps its
relative links, which lead nowhere on a package index.
"""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)(\[[^\]]*\]\()(?![a-z]+:|#)([^)\s]+)\)")


class ProjectAddress(MetadataHookInterface):
    """Fills in the fields ``readme`` and ``urls``."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the README and, if the address is known, the links."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        if address := os.environ.get("PROJECT_ADDRESS", "").rstrip("/"):
            (version,) = re.findall(r'__version__ = "(.+)"', Path(self.root, "src/tipbrief/__init__.py").read_text())
            text = make_links_absolute(text, address, f"v{version}")
            pages = {"Documentation": "docs/README.md", "Changelog": "CHANGELOG.md", "Security": "SECURITY.md"}
            metadata["urls"] = {"Repository": address, "Issues": f"{address}/issues"}
            metadata["urls"] |= {name: f"{address}/blob/v{version}/{page}" for name, page in pages.items()}
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def make_links_absolute(text: str, address: str, tag: str) -> str:
    """A Markdown text whose relative links and pictures lead to the files of a tag."""

    def lead(found: re.Match[str]) -> str:
        return f"{found[1]}{found[2]}{address}/{'raw' if found[1] else 'blob'}/{tag}/{found[3]})"

    return _LINK.sub(lead, text)
