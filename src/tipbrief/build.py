"""Build: the six rooms in order for one brief, and the loop over many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from jinja2 import Environment

from tipbrief import __version__, archive, compose, publication, typeset, verify
from tipbrief.assets import shipped
from tipbrief.deliver import Written, deliver
from tipbrief.fonts import Face, coverage, shelf, twins
from tipbrief.problems import Problem, Problems, nearest


@dataclass(frozen=True, slots=True)
class Built:
    """One brief that was built: its files and its number of pages."""

    name: str
    pages: int
    files: tuple[Written, ...]


@dataclass
class Workshop:
    """What many builds share: the checked publication, fonts, templates and the typesetter."""

    folder: Path
    templates: Path = field(default_factory=lambda: shipped("templates"))
    fonts: Path = field(default_factory=lambda: shipped("fonts"))

    @cached_property
    def faces(self) -> tuple[Face, ...]:
        """The faces of the fonts folder."""
        return shelf(self.fonts)

    @cached_property
    def publication(self) -> publication.Publication:
        """The checked publication."""
        return publication.load(self.folder, coverage(self.faces))

    @cached_property
    def _environment(self) -> Environment:
        own = self.folder / "templates"
        if problems := compose.typed_numbers(own):
            raise Problems(problems)
        return compose.environment([own] if own.is_dir() else [], self.templates)

    @cached_property
    def typesetter(self) -> typeset.Typesetter:
        """WeasyPrint with the faces, for as many briefs as are built."""
        prepared = self.faces[0].ttf.parent
        return typeset.Typesetter(prepared, twins(self.faces), (self.folder, self.templates))

    @cached_property
    def versions(self) -> dict[str, str]:
        """The versions of the programs and fonts that make a PDF."""
        fonts = {f"{face.family} {face.weight}": face.version for face in self.faces}
        return {"tipbrief": __version__, **typeset.engine_versions(), **fonts}

    @cached_property
    def attachments(self) -> list[archive.Attachment]:
        """The files of the publication, which each PDF carries."""
        return archive.attachments_of(self.folder, self.versions)

    def html(self, name: str) -> str:
        """The composed HTML of a brief."""
        return compose.compose(self.publication, name, self.faces, self._environment)

    def build(self, name: str, out: Path, step: Callable[[str], None] = lambda step: None) -> Built:
        """Build one brief into ``out``; a problem leaves the files of earlier builds untouched."""
        step("compose")
        html = self.html(name)
        brief = self.publication.briefs[name]
        stem = compose.file_stem(self.publication, brief)
        step("typeset")
        made = self.typesetter.typeset(html)
        pdf = archive.finish(
            made.pdf,
            leaves=made.leaves,
            attachments=self.attachments,
            created=self.publication.imprint.published,
        )
        step("verify")
        verify.require(pdf, html, verify.Expected(pages=brief.pages), name=f"{stem}.pdf")
        step("deliver")
        written = deliver(out, {f"{stem}.pdf": pdf, f"{stem}.html": html.encode()}, self.versions)
        return Built(name, made.pages, tuple(written))


def build(
    workshop: Workshop,
    names: Sequence[str],
    out: Path,
    step: Callable[[str, str], None] = lambda name, step: None,
) -> list[Built]:
    """Build the named briefs, all when none is named."""
    known = workshop.publication.briefs
    if unknown := [name for name in names if name not in known]:
        raise Problems(Problem(f"there is no brief '{name}'", hint=nearest(name, known)) for name in unknown)
    return [workshop.build(name, out, partial(step, name)) for name in names or known]
