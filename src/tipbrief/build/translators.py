"""For translators: the PO file of a language, made or brought up to date."""

from pathlib import Path

from tipbrief.check.phrases import phrases_of
from tipbrief.check.po_update import Updated, updated
from tipbrief.check.publication import Publication, load
from tipbrief.check.translation import read_translation
from tipbrief.files import read_bytes, replace_file
from tipbrief.language.language import Language, known_languages, language, nearest_language
from tipbrief.ledger import journal, store
from tipbrief.ledger.editions import reasons_told
from tipbrief.load.po_file import po_text
from tipbrief.problems import Problem, Problems


def update(folder: Path, tag: str) -> tuple[Updated, bool]:
    """Bring the PO file of a language up to date; and whether anything changed, so that it was written."""
    with store.locked(folder):
        journal.put_back(folder)
        whole = load(folder)
        chosen = _translated_into(whole, tag)
        known = store.read(folder, str(whole.imprint.id))
        po = read_translation(folder, chosen)
        asked = phrases_of(whole, chosen, reasons_told(known, chosen))
        done = updated(po, asked, chosen, folder)
        if written := done.po != po:
            _write(po.file, po_text(done.po).encode())
    return done, written


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(exist_ok=True)
    except OSError as fault:
        raise Problems(f"the folder cannot be made: {fault.strerror}", file.parent) from None
    replace_file(file, content, was=read_bytes(file) if file.exists() else None)


def _translated_into(publication: Publication, tag: str) -> Language:
    """The language with this tag; a problem where the publication is not translated into it."""
    source, *others = publication.languages
    wanted = next((known for known in known_languages() if known.casefold() == tag.casefold()), "")
    if found := next((one for one in others if one.tag == wanted), None):
        return found
    if not wanted:
        hint = nearest_language(tag, known_languages())
        raise Problems(f"there is no language '{tag}'", hint=hint, kind="unknown-language")
    file, chosen = publication.folder / "publication.yaml", language(wanted)
    if wanted == source.tag:
        message = f"{source.english} is the language of the publication's own files"
        hint = f"'languages: [{wanted}, …]' in publication.yaml names those into which it is translated"
    else:
        message = f"the publication is not translated into {chosen.english} ('{wanted}')"
        tags = ", ".join([*(one.tag for one in publication.languages), wanted])
        hint = f"write 'languages: [{tags}]' in publication.yaml"
    raise Problems(Problem(message, file, hint=hint, kind="no-translation"))
