"""What a check has found so far, and which names it may expect."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from tipbrief.load.places import Text
from tipbrief.problems import Problem, nearest


@dataclass
class Findings:
    """The problems found, and the names that stand in each file, faulty entries too.

    The names of a file that cannot be read are None: otherwise one fault in ``sources.yaml`` would make every
    reference to a source look wrong. The tables in ``doubtful`` have faulty rows: what is counted or read
    from them would be wrong, too.
    """

    problems: list[Problem] = field(default_factory=list)
    names: dict[str, Collection[str] | None] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)

    def add(self, problem: Problem) -> None:
        """Note a problem."""
        self.problems.append(problem)

    def known(self, names: Iterable[Text], what: str, among: Collection[str] | None = None) -> bool:
        """Whether all names are known; an unknown one is a problem."""
        known = self.names.get(what) if among is None else among
        unknown = [] if known is None else [name for name in names if name not in known]
        for name in unknown:
            self.add(
                name.place.problem(f"there is no {what} '{name}'", nearest(name, known or ()), token=name)
            )
        return not unknown

    def in_order(self) -> list[Problem]:
        """The problems by file, line and column, each once."""
        return sorted(dict.fromkeys(self.problems), key=lambda p: (str(p.file), p.line, p.column))
