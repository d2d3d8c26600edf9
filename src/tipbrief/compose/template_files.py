"""The files below templates/, and how a page becomes self-contained: pictures inside, nothing loaded."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from html import unescape
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, unquote

import jinja2

from tipbrief.check.block_base import list_package_templates
from tipbrief.compose.profiles import find_template_file
from tipbrief.compose.stylesheets import inline_faults, style_faults
from tipbrief.files import read_bytes
from tipbrief.load.picture_cleaning import MAX_PICTURE_BYTES, clean_addresses, clean_picture, is_picture
from tipbrief.load.source_text import MAX_TEXT_BYTES, read_text
from tipbrief.problems import Problem, Problems, name_file

_GREY_QUALITY = 88  # of JPEG
_FILE_REFERENCES = re.compile(
    r"""((?:\bsrc|<image\b[^<>]*?\bhref)\s*=\s*["']|url\(\s*["']?)(?:\./)?((?:templates|pictures)/[^"'()<>]+?)(?=\s*["')])"""
)
# The start of a page; the security policy is put right after it, before all else.
_PAGE_START = re.compile(r'\s*<!DOCTYPE html>\s*<html(?: (?:lang|dir|class)="[^"<>]*")*>\s*<head>', re.I)
_SECURITY_POLICY = (
    "default-src 'none'; script-src {}; style-src 'unsafe-inline'{}; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
# Markup that runs, loads or redirects. Texts cannot have it: their < is escaped.
# Two patterns with literal beginnings, which are fast to find in lower-case text.
_FORBIDDEN_MARKUP = (
    re.compile(r"<(?:applet|base|embed|frame|iframe|link|object|portal|script)\b"),
    re.compile(r"http-equiv\s*="),
)
# Data for search engines, which no browser runs.
_DATA_SCRIPT = re.compile(r'<script type="application/ld\+json">[^<]*</script>')
# Tags that show other files, which a page does not load: a reader would see a gap.
_LOADING_TAGS = re.compile(
    r"<(?:audio|image|img|input|picture|source|track|use|video|feimage|body|table|td|th)\b[^<>]*", re.I
)
# The values of other attributes are passed over: a text may have what looks like an address.
_ADDRESS_ATTRIBUTES = re.compile(
    r"""\s(?:src|srcset|imagesrcset|poster|background|(?:xlink:)?href)\s*=\s*("[^"]*|'[^']*|[^\s"'>]+)"""
    r"""|=\s*(?:"[^"]*"|'[^']*')""",
    re.I,
)
_STYLE_ELEMENTS = re.compile(r"<style\b[^<>]*>([^<]*+(?:<(?!/style\s*>)[^<]*+)*+)</style\s*>", re.I)
_INLINE_STYLES = re.compile(r"""\sstyle\s*=\s*(?:"([^"<>]*font[^"<>]*)"|'([^'<>]*font[^'<>]*)')""", re.I)
_MAYBE_INLINE_STYLES = re.compile(r"style\s*=[^<>]*font")  # fast, since it begins with a literal; in lower-case text
_INSIDE_ADDRESS = re.compile(r"data:|#|(?:\./)?(?:templates|pictures)/[^,\s]+$")
_PICTURE_HINT = 'name a picture below pictures/ or templates/, such as <img src="pictures/logo.png">'
_FONT_FAMILY = re.compile('font-family: "([^"]+)"')


class TemplateLoader(jinja2.BaseLoader):
    """Reads templates; ``latest`` is the last file read, which has the fault if compiling fails."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = folders
        self.latest: Path | None = None

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, None]:
        """The text and the file of a template."""
        path = find_template_file(template, self.folders)
        path = path or find_template_file(template, list_package_templates())
        if path is None:
            raise jinja2.TemplateNotFound(template)
        self.latest = path
        return read_text(path), str(path), None


def make_self_contained(
    html: str, folders: Sequence[Path], template: Path, script: str, alternates: Mapping[str, str], *, links: str,
    fonts: str, grey: bool,
) -> str:  # fmt: skip
    """A page with its pictures inside and a security policy, under which only ``script`` runs."""
    # ``alternates`` are the files of the other languages by tag, ``links`` lead to styles with fonts, and ``fonts`` are
    # put in later; in a ``grey`` page photographs lose their colours.
    own = html.replace(links, "", 1) if links else html
    own = _DATA_SCRIPT.sub("", own, count=1)
    small = (own.replace(f"<script>{script}</script>", "") if script else own).lower()
    if found := next((one for pattern in _FORBIDDEN_MARKUP if (one := pattern.search(small))), None):
        hint = "a page only shows what is inside it: write styles into <style>, and pictures as <img src>"
        raise Problems(f"a page may not have '{found[0]}'", template, hint=hint, kind="template")
    if not (head := _PAGE_START.match(html)):
        hint = 'begin it with <!DOCTYPE html>, <html lang="…" dir="rtl"> and <head>'
        raise Problems("the page does not begin as a page", template, hint=hint, kind="template")
    _require_self_contained(own, small, tuple(dict.fromkeys(_FONT_FAMILY.findall(fonts))), template)
    room = MAX_TEXT_BYTES - len(html) - len(fonts)

    @cache
    def address(name: str) -> str:
        return _data_address(name, folders, grey=grey)

    def replace_address(found: re.Match[str]) -> str:
        nonlocal room
        if (room := room - len(address(found[2]))) < 0:
            message = f"the page has more than {MAX_TEXT_BYTES / 1e6:.0f} MB with its pictures"
            raise Problems(message, template, hint="make them smaller", kind="too-large")
        return found[1] + address(found[2])

    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    policy = _SECURITY_POLICY.format(f"'sha256-{digest}'" if script else "'none'", " 'self'" if links else "")
    head_tags = f'\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
    for tag, name in alternates.items():
        head_tags += f'\n<link rel="alternate" hreflang="{tag}" href="{quote(name)}">'
    rest = clean_addresses(html[head.end() :])
    if "templates/" in own or "pictures/" in own:
        rest = _FILE_REFERENCES.sub(replace_address, rest)
    return html[: head.end()] + head_tags + rest


def _require_self_contained(html: str, small: str, families: tuple[str, ...], template: Path) -> None:
    """A problem for each font, picture and address outside a page; ``small`` is the page in lower case."""
    found = [*dict.fromkeys(fault for css in _STYLE_ELEMENTS.findall(html) for fault in style_faults(css, families))]
    inline = dict.fromkeys(map("".join, _INLINE_STYLES.findall(html) if _MAYBE_INLINE_STYLES.search(small) else ()))
    found += [fault for style in inline for fault in inline_faults(unescape(style), families)]
    faults = dict.fromkeys((one.message, one.hint, one.kind) for one in found)
    shown = (one for tag in _LOADING_TAGS.findall(html) for one in _ADDRESS_ATTRIBUTES.findall(tag) if one)
    for lost in dict.fromkeys(one.strip("\"' ") for one in shown):
        if not _INSIDE_ADDRESS.match(lost):
            faults[f"the page would lose '{lost[:80]}': it has all inside", _PICTURE_HINT, "lost-address"] = None
    if faults:
        raise Problems(Problem(one, template, hint=hint, kind=kind) for one, hint, kind in faults)


def _data_address(name: str, folders: Sequence[Path], *, grey: bool) -> str:
    room, _, inside = unquote(name).partition("/")
    path = find_template_file(inside, [folder.with_name(room) for folder in folders])
    if path is None:
        raise Problems(f"the page names '{name}', which is not there", hint="see the file's name")
    data = read_bytes(path, MAX_PICTURE_BYTES)
    if not is_picture(data):
        hint = "save it as PNG, JPEG or SVG"
        raise Problems("the file is no picture that a page can show", path, hint=hint, kind="no-picture")
    with name_file(path):
        picture = clean_picture(data)
    data = _convert_to_greyscale(picture.data) if grey and picture.mode else picture.data
    return f"data:{picture.mime};base64,{b64encode(data).decode('ascii')}"


@lru_cache(16)
def _convert_to_greyscale(data: bytes) -> bytes:  # clean and upright
    from PIL import Image, ImageOps

    with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as image:
        upright = ImageOps.exif_transpose(image)
        file = BytesIO()
        mode = "LA" if upright.has_transparency_data else "L"
        upright.convert("RGBA").convert(mode).save(file, image.format, quality=_GREY_QUALITY)
        return file.getvalue()
