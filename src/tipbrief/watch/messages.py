"""Messages: what a preview orders from its worker, and what the worker answers."""

from dataclasses import dataclass
from typing import Any

from tipbrief.problems import Problem


@dataclass(frozen=True, slots=True)
class View:
    """A document in a language, on a paper and in a profile; an empty field means the default."""

    document: str
    language: str = ""
    paper: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """A view, the page that is looked at, and whether the preview has all pages as last finished."""

    view: View
    page: int
    has_complete_pages: bool


@dataclass(frozen=True, slots=True)
class PreviewOrder:
    """The views to render, the most urgent first. An order with a higher ``number`` replaces it."""

    number: int
    save_count: int  # if it has grown, the publication is read again
    requests: tuple[ViewRequest, ...]


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page of the PDF as a picture; ``page_sizes`` are those of all pages, in mm."""

    number: int
    page_sizes: tuple[tuple[float, float], ...]
    png: bytes


@dataclass(frozen=True, slots=True)
class Composition:
    """The HTML is composed; ``view`` has all its fields."""

    view: View


@dataclass(frozen=True, slots=True)
class DocumentFaults:
    """Problems that keep the document from being rendered, or that its pages have."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Completion:
    """All pages were sent, or none has changed: where values stand on them, and warnings."""

    areas: tuple[dict[str, Any], ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """The PDF was verified, and nothing is wrong with it. The view is done."""


@dataclass(frozen=True, slots=True)
class PublicationReport:
    """All problems of the publication in all its languages, and what can be looked at."""

    problems: tuple[Problem, ...]
    contents: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class WorkerExit:
    """The worker ended, and why; whether another one starts at once."""

    problem: Problem
    is_restarting: bool


WorkerAnswer = Composition | PagePicture | Completion | Verification | DocumentFaults | PublicationReport | WorkerExit
