"""The commands `build` and `list`."""

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tipbrief import limits
from tipbrief.assets import default_publication
from tipbrief.cli import common
from tipbrief.cli.distribution_commands import show_outdated
from tipbrief.cli.terminal import isolate, localise, mark_isolates, print_lines, record_output
from tipbrief.files import read_bytes
from tipbrief.problems import Problems, join_first_names

if TYPE_CHECKING:
    from tipbrief.pipeline.run import BuildResult
    from tipbrief.pipeline.shards import Part

MAX_COMPOSED = 40  # documents, by `list`: half a second


def _parse_shard(context: click.Context, option: click.Parameter, typed: str | None) -> tuple[int, int] | None:
    """Which shard of how many; a usage error if it is not written as ``3/16``."""
    found = re.fullmatch(r"([1-9][0-9]{0,4})/([1-9][0-9]{0,4})", typed or "")
    if typed is not None and not (found and int(found[1]) <= int(found[2])):
        raise click.UsageError("--shard says which one of how many: such as --shard 3/16")
    return found and (int(found[1]), int(found[2]))


def _is_for_each(folder: Path, name: str) -> bool:  # as its file shows it before the publication is read
    with suppress(Problems):
        return bool(re.search(rb"(?m)^for_each:", read_bytes(folder / "briefs" / f"{name.partition('.')[0]}.yaml")))
    return False


@click.command(cls=common.declare("build", shard=_parse_shard))
def build(
    briefs: tuple[str, ...], folder: Path | None, out: Path, only: list[str], languages: list[str], **options: Any
) -> None:
    """Build BRIEFS into PDF and HTML; without names, every brief that is a single document."""
    from tipbrief.cli.up_to_date import UpToDateCheck
    from tipbrief.pipeline.workers.process import EarlyWorker

    delivers, everything, strict = options["delivers"], options["everything"], options["strict"]
    shard, cluster, png = options["shard"], options["cluster"], options["png"]
    paper, profile, untranslated = options["paper"], options["profile"], options["untranslated"]
    parts: Sequence[Part] = options.get("parts", ())  # that were built elsewhere, on this day
    is_named, folder = folder is not None, folder or default_publication()
    words = click.get_current_context().find_object(list)
    asks = partial(UpToDateCheck, words, folder, out, is_named) if words and not parts else None
    # It starts first, while all else is loaded. Many documents are made by the worker pool instead.
    many = everything or cluster or png or (not only and any(_is_for_each(folder, name) for name in briefs))
    press = None if many else EarlyWorker.start(asks)
    from tipbrief.check.translation.phrases import require_own_words
    from tipbrief.ledger.entries import split_document_name
    from tipbrief.ledger.ledger_folder import find_new_entry, next_entry_date
    from tipbrief.pipeline import run, shards
    from tipbrief.pipeline.selection import languages_in_names, select_documents
    from tipbrief.pipeline.session import Session
    from tipbrief.pipeline.workers.pool import local_pool
    from tipbrief.typeset.libraries import find_version_warnings

    # This comes before the publication is read: changes from here on are noticed.
    question = asks and ((press and press.receive_first_result()) or asks())
    tags = [*languages, *languages_in_names(briefs)]
    limits.freeze_loaded_objects()
    session = Session.open(folder, paper=paper.lower(), profile=profile, languages=tags)
    session = replace(session, early_worker=press)
    if strict and session.warnings:
        raise Problems(session.warnings)
    warnings = [*session.warnings, *find_version_warnings()]
    common.show_problems(warnings)
    names = select_documents(session.publications, briefs, only=only, everything=everything, languages=languages)
    workers, failed = local_pool if len(names) > 1 else None, None
    date = next_entry_date(session.ledger, options.get("day") or common.today()) if delivers else None
    if delivers:
        require_own_words(session.publication, {session.documents[name].brief.id for name in names})
    if delivers and not untranslated:
        run.require_translated(session, names)
    gathered = shards.store_parts(session, parts, names, date)
    if cluster:
        with common.Progress(len(names)) as progress:
            gathered = shards.build_on_cluster(cluster, session, names, date, progress.advance)
    names = names[shard[0] - 1 :: shard[1]] if shard else names
    with common.Progress(len(names)) as progress, limits.limit_command(names[0]) if len(names) == 1 else nullcontext():
        try:
            work: Callable[..., list[BuildResult]] = partial(run.build_documents, date=date, is_shard=bool(shard))
            if date and not shard:
                work = partial(run.deliver_editions, date=date, untranslated=untranslated == "mark")
            built = work(session, names, out, step=progress.advance, workers=workers, png=png)
        except run.PartialFailure as raised:
            built, failed = raised.results, raised.problems_by_document
    built = [replace(one, fresh=one.fresh or one.name in gathered) for one in built]
    show = partial(common.show_result, asked=len(names), out=out, part=bool(only))
    show(built)
    if failed:
        common.show_problems([problem for problems in failed.values() for problem in problems])
        if len(names) > 1:
            shown = join_first_names([*failed], common.MAX_ITEMS_SHOWN)
            print_lines(f"not built, earlier files unchanged: {shown}", err=True)
        if any(session.documents[name].key for name in names) and not only and not shard:
            print_lines("index.html and the PDF of all sheets wait until all are built", err=True)
        # A language without failures gets its index and its collection at once.
        faulty = {split_document_name(name)[1] for name in failed}
        built = [item for item in built if split_document_name(item.name)[1] not in faulty]
    # This comes last: the built documents are printed even if the disk has no room for the index.
    if shard:
        request = {"briefs": briefs, "only": only, "everything": everything, "languages": languages}
        request |= {"paper": paper, "profile": profile, "day": date.iso() if date else ""}
        series = shards.write_part_file(session, built, request, shard, out)
    else:
        series = run.write_index_and_collection(session, built, out, together=everything, workers=workers)
    series_lines = [f"{file.path} ({common.size_of(file.size)})" for file in series]
    for line in series_lines:
        print_lines(line)
    unprinted_lines = []
    if unprinted := session.list_unprinted(item.name for item in built):
        columns = join_first_names(unprinted, common.MAX_ITEMS_SHOWN)
        unprinted_lines = [f"PDFs carry what no page prints: {columns}"]
    for line in unprinted_lines:
        print_lines(line)
    if delivers and not shard:
        show_outdated(folder, out)
    if failed or (strict and any(item.notes for item in built)):
        sys.exit(1)
    if question:
        with record_output() as said:
            common.show_problems(warnings)
            show([replace(item, fresh=False) for item in built])
            for line in series_lines + unprinted_lines:
                print_lines(line)
        # What a delivery writes changes nothing for the next one, unless a warning was about it.
        known, is_changing = session.ledger, delivers and not warnings
        is_changing = is_changing and any(one.edition != known.last_edition(one.name) for one in built)
        entry = find_new_entry(folder, known) if is_changing else None
        question.save_output(said, [*(file for one in built for file in one.files), *series], entry)


@click.command(cls=common.declare("gather"))
def gather(parts: tuple[Path, ...], delivers: bool, **others: Any) -> None:
    """Join PARTS, the folders of all shards of a build: the same files as of a build without shards."""
    from tipbrief.pipeline.shards import gather_parts

    found = gather_parts(parts)
    if bool(found[0].request["day"]) != delivers:
        hint = f"gather them {'without' if delivers else 'with'} --deliver, or build their shards again"
        raise Problems(f"the parts are {'drafts' if delivers else 'editions'}", found[0].place, hint=hint)
    click.get_current_context().invoke(build, parts=found, delivers=delivers, **found[0].request, **others)


@click.command("list", cls=common.declare("list"))
def list_briefs(briefs: tuple[str, ...], folder: Path | None) -> None:
    """List the briefs, or every document of the named BRIEFS, with its row and its edition or draft."""
    from tipbrief.compose.html_writer import plain_text
    from tipbrief.language.language import sort_key
    from tipbrief.pipeline.document import compose_document, recall_fingerprint
    from tipbrief.pipeline.selection import ALL_LANGUAGES, document_name, select_documents
    from tipbrief.pipeline.session import Session

    session = Session.open(folder or default_publication(), languages=[ALL_LANGUAGES])
    publication, documents = session.publication, session.documents
    order, tags = [*publication.briefs], [language.tag for language in publication.languages]
    titles = {
        name: plain_text(document.brief.title, session.publication_for(name), document)
        for name, document in documents.items()
    }
    if briefs:  # the documents of a brief in the order of the alphabet, as in the index of each language
        names = select_documents(session.publications, briefs, languages=[ALL_LANGUAGES])
        names.sort(key=lambda name: sort_key(titles[name], session.publication_for(name).language))
        names.sort(key=lambda name: tags.index(session.publication_for(name).language.tag))
        names.sort(key=lambda name: order.index(documents[name].brief.id))
    else:
        every = (document_name(publication, *pair) for pair in product(publication.briefs, publication.languages))
        names = [name for name in every if name in documents or name in publication.briefs]
    unknown = 0  # documents that would have to be composed
    for number, name in enumerate(names, 1):
        if name in documents:
            edition = "not delivered"
            if now := session.ledger.last_edition(name):
                unknown += (is_unknown := not recall_fingerprint(session, name))
                if not is_unknown or unknown <= MAX_COMPOSED:
                    with limits.limit_command(name, number):
                        now = compose_document(session, name).edition
                edition = f"draft of {now.name}" if now.draft else now.signature
            edition = f"{localise(edition, err=False):<24}"
            print_lines(f"{name:<16} {edition} {isolate(titles[name])}", translates=False)
        else:
            count = sum(document.brief.id == name for document in publication.documents.values())
            text = f"{count} documents, one for each row of '{publication.briefs[name].for_each}'"
            text = localise(text + f", in each of {', '.join(tags)}" * (len(tags) > 1), err=False)
            print_lines(f"{name:<16} {mark_isolates(text)}", translates=False)
    if (left := unknown - MAX_COMPOSED) > 0:
        print_lines(f"{left} of them were not compared with their editions: tipbrief build --all --language all")
