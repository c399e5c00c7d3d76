"""What does an annotator see of an item? Its text and where it comes from, as HTML; nobody's word on it."""

from __future__ import annotations

import unicodedata
from html import escape
from typing import Final

from dashboard import wording
from dashboard.components import markup
from dashboard.labelling import Item

LAYOUT: Final = "\n\t"
UNSEEN: Final = ("Cf", "Cc", "Co", "Cs", "Zl", "Zp")  # categories of characters that nobody sees
NO_TEXT: Final = "No text is kept, and its log no longer holds it: look where it comes from."
WEB: Final = ("https://", "http://")


def text(item: Item) -> str:
    """What an item says; where that cannot be had, where to look."""
    if item.text is None:
        return f'<div class="pm-item">{markup.small(NO_TEXT)}</div>'
    return f'<div class="pm-item" tabindex="0">{_marked(item.text)}</div>'


def origin(item: Item) -> str:
    """Where an item comes from."""
    return f"{markup.facts(_facts(item))}{_link(item)}"


def _facts(item: Item) -> list[tuple[str, str]]:
    told = (
        ("Where in the talk", item.surface),
        ("Cohort", item.cohort),
        ("Conversation", item.conversation_id),
        ("Item", item.event_id),
        ("Log", item.raw_ref),
        ("Length", None if item.chars is None else wording.plural(item.chars, "character")),
    )
    return [(name, words) for name, words in told if words]


def _link(item: Item) -> str:
    if item.url is None or not item.url.startswith(WEB):
        return ""
    return f'<p><a href="{escape(item.url)}" target="_blank" rel="noopener noreferrer">Open the item</a></p>'


def _marked(said: str) -> str:
    """Text whose hidden characters can be seen: attacks hide in them."""
    return "".join(f"<mark>{_code(each)}</mark>" if is_hidden(each) else escape(each) for each in said)


def is_hidden(character: str) -> bool:
    """Whether a character is one that nobody sees.

    >>> is_hidden("a"), is_hidden(chr(0x200B)), is_hidden(chr(0xE0041)), is_hidden(chr(10))
    (False, True, True, False)
    """
    return character not in LAYOUT and unicodedata.category(character) in UNSEEN


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
