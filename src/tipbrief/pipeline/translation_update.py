"""For translators: the PO file of a language, made or brought up to date."""

from pathlib import Path

from tipbrief.check.publication import Publication, load_publication
from tipbrief.check.translation.phrases import PoUpdate, collect_texts, update_po
from tipbrief.check.translation.translator import read_translation
from tipbrief.files import read_bytes, replace_file
from tipbrief.language.language import Language, known_languages, load_language, nearest_language
from tipbrief.ledger import journal, ledger_folder
from tipbrief.ledger.editions import list_notice_reasons
from tipbrief.load.po_file import format_po
from tipbrief.problems import Problems, report_os_errors


def update_translation_file(folder: Path, tag: str) -> tuple[PoUpdate, bool]:
    """Bring the PO file of a language up to date; and whether anything changed, so that it was written."""
    with ledger_folder.lock_for_writing(folder):
        journal.undo_unfinished_change(folder)
        whole = load_publication(folder)
        chosen = _find_target_language(whole, tag)
        known = ledger_folder.read_ledger(folder, str(whole.imprint.id))
        po = read_translation(folder, chosen)
        done = update_po(po, collect_texts(whole, chosen, list_notice_reasons(known, chosen)), chosen, folder)
        if written := done.po != po:
            with report_os_errors("the folder cannot be made", po.file.parent):
                po.file.parent.mkdir(exist_ok=True)
            replace_file(po.file, format_po(done.po).encode(), was=read_bytes(po.file) if po.file.exists() else None)
    return done, written


def _find_target_language(publication: Publication, tag: str) -> Language:
    """The language with this tag; a problem where the publication is not translated into it."""
    source, *others = publication.languages
    wanted = next((known for known in known_languages() if known.casefold() == tag.casefold()), "")
    if found := next((one for one in others if one.tag == wanted), None):
        return found
    if not wanted:
        hint = nearest_language(tag, known_languages())
        raise Problems(f"there is no language '{tag}'", hint=hint, kind="unknown-language")
    if wanted == source.tag:
        message = f"{source.english} is the language of the publication's own files"
        hint = f"'languages: [{wanted}, …]' in publication.yaml names those into which it is translated"
    else:
        message = f"the publication is not translated into {load_language(wanted).english} ('{wanted}')"
        tags = ", ".join([*(one.tag for one in publication.languages), wanted])
        hint = f"write 'languages: [{tags}]' in publication.yaml"
    raise Problems(message, publication.folder / "publication.yaml", hint=hint, kind="no-translation")
