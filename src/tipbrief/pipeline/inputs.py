"""What a session reads beside the publication: fonts, translations, templates; its check; the update of a PO file."""

import os
from collections.abc import Collection, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path

from tipbrief.assets import find_shipped_folder
from tipbrief.check.publication import Publication, load_publication
from tipbrief.check.translation.phrases import PoUpdate, collect_texts, update_po
from tipbrief.check.translation.translator import read_translation, translate_publication
from tipbrief.files import FolderLock, hash_of, read_bytes, replace_file
from tipbrief.fonts.font_library import FontFace, coverage, family_names, find_family_fonts, load_fonts
from tipbrief.language.language import Language
from tipbrief.ledger import editions, ledger_folder
from tipbrief.ledger.ledger import Ledger
from tipbrief.load.po_file import format_po
from tipbrief.load.publication_files import MAX_DATASET_BYTES, MAX_DATASET_FILES
from tipbrief.load.yaml_nodes import read_scalars
from tipbrief.pipeline.ledger_proof import find_ledger_faults, read_proven_ledger
from tipbrief.pipeline.selection import select_languages
from tipbrief.pipeline.store import entry_key, files_below
from tipbrief.problems import Problem, ProblemList, Problems, report_os_errors, suggest_nearest

MAX_FAMILIES = 4


def hash_template_files(folder: Path, shipped: Path) -> str:
    """A hash of the files that templates can name, also of those that no list of the dataset has; empty if unknown."""
    # The faults of such files are reported where they are used.
    paths, theme = list[Path](), folder / "theme.css"
    for place, folders, names in chain(os.walk(folder / "templates"), os.walk(folder / "pictures")):
        paths += (Path(place, one) for one in names)
        if len(paths) > MAX_DATASET_FILES or any(os.path.islink(Path(place, one)) for one in folders):
            return ""
    with suppress(OSError, Problems):
        own = {path.relative_to(folder).as_posix(): hash_of(read_bytes(path, MAX_DATASET_BYTES)) for path in paths}
        return entry_key(own, files_below(shipped), theme.read_bytes() if theme.is_file() else b"")
    return ""


def load_translations(
    publication: Publication, ledger: Ledger, languages: Sequence[Language], covered: Collection[int]
) -> dict[str, Publication]:
    """The publication in these languages, by tag; all problems of all of them are raised together."""
    found: dict[str, Publication] = {}
    problems = ProblemList()
    for one in languages:
        with problems.catch():
            found[one.tag] = translate_publication(publication, one, covered, editions.list_notice_reasons(ledger, one))
    problems.raise_all()
    return found


def check_publication(folder: Path) -> tuple[Publication | None, list[Problem]]:
    """Check a publication in all its languages: the publication, None if it has errors, and all problems."""
    from tipbrief.compose.stylesheets import load_theme
    from tipbrief.compose.templates import find_typed_numbers

    found = find_typed_numbers(folder / "templates") if os.path.isdir(folder) else []
    try:
        with FolderLock(folder):
            # Otherwise what a killed correction left half done would be reported to the editor.
            ledger_folder.undo_unfinished_change(folder)
            fonts, problems = find_publication_fonts(folder)
            covered = coverage(fonts)
            found += [*problems, *load_theme(folder, family_names(fonts))[1]]
            whole = load_publication(folder, covered)
            found += whole.warnings
            known = ledger_folder.read_ledger(folder, str(whole.imprint.id))
            found += find_ledger_faults(known)
            found += [*editions.find_ledger_problems(known, whole, covered), *editions.find_newer_files(known, whole)]
            others = load_translations(whole, known, whole.languages[1:], covered)
            found += [one for other in others.values() for one in (*other.warnings, *other.untranslated)]
    except Problems as raised:
        return None, found + raised.problems
    return None if any(one.severity == "error" for one in found) else whole, [*dict.fromkeys(found)]


def find_publication_fonts(folder: Path) -> tuple[tuple[FontFace, ...], list[Problem]]:
    """The fonts that a publication names, else the shipped ones; and the problems with them."""
    shipped = load_fonts(find_shipped_folder("fonts"))
    named = read_scalars(folder / "publication.yaml", "fonts")  # checked when the whole publication is read
    if not named:
        return shipped, []
    families = list(dict.fromkeys(node.text for node in named))
    if len(families) > MAX_FAMILIES:
        message = f"the publication has more than {MAX_FAMILIES} families of fonts"
        return shipped, [named[0].location.problem(message, "one is enough, and one for what it lacks")]
    try:
        fonts, missing = find_family_fonts(folder, families, shipped)
    except Problems as raised:
        return shipped, raised.problems
    found, hint = list[Problem](), "put its files there, prepared: tipbrief fonts prepare --font FILE"
    for node in named:
        if node.text in missing:
            message = f"the font '{node.text}' is not in the publication's fonts/"
            near = suggest_nearest(node.text, family_names(fonts + shipped))
            found.append(node.location.problem(message, near if near.startswith("did") else hint, kind="no-such-font"))
    return (shipped, found) if found else (fonts, [])


def update_translation_file(folder: Path, tag: str) -> tuple[PoUpdate, bool]:
    """Bring the PO file of a language up to date; and whether anything changed, so that it was written."""
    with ledger_folder.lock_for_writing(folder):
        ledger_folder.undo_unfinished_change(folder)
        whole = load_publication(folder)
        chosen = select_languages(whole, [tag], groups=())[0]
        if chosen == whole.language:
            message = f"{chosen.english} is the language of the publication's own files"
            hint = f"'languages: [{chosen.tag}, …]' in publication.yaml names those into which it is translated"
            raise Problems(message, folder / "publication.yaml", hint=hint, kind="no-translation")
        known = read_proven_ledger(folder, str(whole.imprint.id))
        po = read_translation(folder, chosen)
        done = update_po(po, collect_texts(whole, chosen, editions.list_notice_reasons(known, chosen)), chosen, folder)
        if written := done.po != po:
            with report_os_errors("the folder cannot be made", po.file.parent):
                po.file.parent.mkdir(exist_ok=True)
            replace_file(po.file, format_po(done.po).encode(), was=read_bytes(po.file) if po.file.exists() else None)
    return done, written
