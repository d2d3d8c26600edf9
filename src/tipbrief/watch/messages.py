"""View: what somebody looks at; what a process that makes its pages is asked, and what it answers."""

from dataclasses import dataclass
from typing import Any

from tipbrief.problems import Problem


@dataclass(frozen=True, slots=True)
class View:
    """A document in a language, on a paper and in a profile; what is empty stands for the usual one."""

    document: str
    language: str = ""
    paper: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """A view, its page that is looked at, and whether whoever wants it has all its pages as last finished."""

    view: View
    page: int
    has_complete_pages: bool


@dataclass(frozen=True, slots=True)
class PreviewOrder:
    """What is to be made, the most wanted first; the newest ``number`` makes all older orders void.

    ``saved`` counts the saves so far: where it has grown, the publication is to be read again.
    """

    number: int
    save_count: int
    requests: tuple[ViewRequest, ...]


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page of the true PDF as a picture, by its number; ``sizes`` are those of all pages, in mm."""

    number: int
    page_sizes: tuple[tuple[float, float], ...]
    png: bytes


@dataclass(frozen=True, slots=True)
class Composition:
    """The HTML is there; ``view`` says in all its fields what is looked at."""

    view: View


@dataclass(frozen=True, slots=True)
class DocumentFaults:
    """What keeps the document from being made, or its pages from being right."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Completion:
    """All pages are there, or none has changed: where the values stand, and what is doubtful in them."""

    areas: tuple[dict[str, Any], ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """The finished PDF was read back, and nothing is wrong with it: with this view all is done."""


@dataclass(frozen=True, slots=True)
class PublicationReport:
    """What is wrong or doubtful in the whole publication, in all its languages; what can be looked at."""

    problems: tuple[Problem, ...]
    contents: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class WorkerExit:
    """The process that makes pages is gone, and why; ``again``, it is begun anew at once."""

    problem: Problem
    is_restarting: bool


WorkerAnswer = Composition | PagePicture | Completion | Verification | DocumentFaults | PublicationReport | WorkerExit
