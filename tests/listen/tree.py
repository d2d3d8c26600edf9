"""Writes as JSON what a program tells assistive programs of the page that it shows, or null.

Run by the system's Python, which has the bindings of AT-SPI: ``tree.py PROGRAM``, a part of its name there.
"""

import json
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

DOCUMENTS = {"document web", "document frame"}
DEPTH = 60


def children(node):
    for number in range(node.get_child_count()):
        child = node.get_child_at_index(number)
        if child is not None:
            yield child


def text_of(node):
    """The text of the node itself, with U+FFFC where a child stands in it."""
    text = node.get_text_iface()
    return Atspi.Text.get_text(text, 0, Atspi.Text.get_character_count(text)) if text else ""


def address_of(node):
    link = node.get_hyperlink()
    return (link and link.get_uri(0)) or ""


def described(node, depth=0):
    attributes, role = node.get_attributes() or {}, node.get_role_name()
    return {
        "role": role,
        "name": node.get_name() or "",
        "text": text_of(node),
        "language": node.get_object_locale() or "",
        "level": int(attributes.get("level", 0)),
        "address": address_of(node) if role == "link" else "",
        "parts": [described(child, depth + 1) for child in children(node)] if depth < DEPTH else [],
    }


def shown_page(node, depth=0):
    """The page in a program's window that is seen now."""
    if node.get_role_name() in DOCUMENTS:
        return node if node.get_state_set().contains(Atspi.StateType.SHOWING) else None
    found = (shown_page(child, depth + 1) for child in children(node)) if depth < DEPTH else ()
    return next(filter(None, found), None)


def told_by(program):
    for application in children(Atspi.get_desktop(0)):
        if program in (application.get_name() or "").lower():
            page = shown_page(application)
            if page:
                return described(page)
    return None


try:
    tree = told_by(sys.argv[1])
except GLib.Error:  # the page changed while it was read
    tree = None
json.dump(tree, sys.stdout, ensure_ascii=False)
