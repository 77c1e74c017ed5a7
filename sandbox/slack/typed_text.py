"""Typed text in Slack's markup: entities, links, mentions, and quotes as phones write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .workspace import Workspace

_TLD = "com|org|net|info|edu|gov|io|ai|app|dev|co|eu|de|fr|uk|jp|es|it|nl"
"""Endings that make a word an address; Slack knows all of them."""

_PARTS = re.compile(
    r"(?P<code>```.+?```|`[^`\n]+`)"
    r"|(?P<made><(?:@[UW]\w+|#C\w+(?:\|[^<>]*)?|!subteam\^S\w+)>)"
    r"|(?P<url>(?<![\w<])https?://[^\s<>|]+)"
    r"|(?P<mail>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    rf"|(?P<domain>(?<![\w.@/+-])(?:[A-Za-z0-9][A-Za-z0-9-]*\.)+(?:{_TLD})(?![\w.]*\w)(?:/[^\s<>|]*)?)"
    r"|(?P<person>(?<![\w<])@[\w-]+(?:\.[\w-]+)*)"
    r"|(?P<channel>(?<![\w<&])#[\w-]+)",
    re.DOTALL,
)
_TRAILING = ".,;:!?)'\""
_EVERYBODY = ("here", "channel", "everyone")


def escaped(text: str) -> str:
    """Escapes the three characters of Slack's markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass(frozen=True, slots=True)
class Typing:
    """How one person's text reaches an app."""

    workspace: Workspace
    user: str

    def message(self, text: str) -> str:
        """A message: the client turns names into mentions, Slack turns addresses into links.

        Text in backticks stays as typed.
        """
        return self._marked(text, labels=False)

    def command(self, text: str, *, escape: bool) -> str:
        """The text of a command. *escape*: the manifest's `should_escape`; without it names and links stay words."""
        if not escape:
            return escaped(self._on_a_phone(text))
        return self._marked(text, labels=True)

    def _marked(self, text: str, *, labels: bool) -> str:
        parts, end = [], 0
        for found in _PARTS.finditer(text):
            parts += [escaped(self._on_a_phone(text[end : found.start()])), self._part(found, labels=labels)]
            end = found.end()
        return "".join([*parts, escaped(self._on_a_phone(text[end:]))])

    def _part(self, found: re.Match[str], *, labels: bool) -> str:
        said = found[0]
        match found.lastgroup:
            case "made":
                return said
            case "url":
                link = said.rstrip(_TRAILING)
                return f"<{escaped(link)}>{escaped(said[len(link) :])}"
            case "mail":
                return f"<mailto:{said}|{said}>"
            case "domain":
                link = said.rstrip(_TRAILING)
                return f"<http://{escaped(link)}|{escaped(link)}>{escaped(said[len(link) :])}"
            case "person":
                return self._person(said, labels=labels)
            case "channel":
                return self._channel(said)
            case _:
                return escaped(said)

    def _person(self, said: str, *, labels: bool) -> str:
        """A name, a group's handle, or everyone. In a message the client asks which one is meant."""
        name = said[1:]
        for person in self.workspace.people.values():
            if person.name == name:
                return f"<@{person.id}|{name}>" if labels else f"<@{person.id}>"
        for group in self.workspace.groups.values():
            if group["handle"] == name:
                return f"<!subteam^{group['id']}>"
        return f"<!{name}>" if name in _EVERYBODY and not labels else said

    def _channel(self, said: str) -> str:
        """A channel this person can see; a private one does not reveal its name."""
        for channel in self.workspace.channels.values():
            if channel.name != said[1:] or channel.kind == "im":
                continue
            if channel.kind == "channel":
                return f"<#{channel.id}|{channel.name}>"
            if self.user in channel.members:
                return f"<#{channel.id}|>"
        return said

    def _on_a_phone(self, text: str) -> str:
        """Phones, and Macs with that setting, write curly quotes and long dashes."""
        if not self.workspace.curly:
            return text
        text = re.sub(r"(?<![^\s(\[{“‘])\"", "“", text).replace('"', "”")
        text = re.sub(r"(?<![^\s(\[{“‘])'", "‘", text).replace("'", "’")
        return text.replace("--", "—")
