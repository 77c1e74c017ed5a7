"""The switchboard: everything that can go wrong in this sandbox, as switches on its page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from aiohttp import web

from .faults import Fault, Faults, Sockets
from .grants import Grants
from .workspace import Json, Workspace

T = TypeVar("T")
Flip = Callable[[bool], Awaitable[None]]

OF_SOCKETS = ("slack-cut", "slack-deaf", "slack-refresh", "slack-refuse", "slack-tickets")
"""Switches that mean nothing over HTTP."""


@dataclass
class Switch:
    """One thing that can go wrong. *lasting*: until it is switched off; the others strike once."""

    id: str
    group: str
    label: str
    about: str
    flip: Flip
    lasting: bool = False
    on: bool = False

    @property
    def shown(self) -> Json:
        """The switch as the page gets it."""
        facts = ("id", "group", "label", "about", "lasting", "on")
        return {name: getattr(self, name) for name in facts}


class Switchboard:
    """`GET /page/switches` lists them, `POST` sets one: `{"id": …, "on": true}`. They keep their order."""

    def __init__(self) -> None:
        self._switches: dict[str, Switch] = {}

    def add(self, group: str, id: str, label: str, about: str, flip: Flip, *, lasting: bool = False) -> None:
        """Adds a switch to a group, which has its own heading."""
        self._switches[id] = Switch(id, group, label, about, flip, lasting)

    def remove(self, *ids: str) -> None:
        """Takes some away that mean nothing here."""
        for id in ids:
            self._switches.pop(id, None)

    async def listed(self, request: web.Request) -> web.Response:
        """All of them, as they stand."""
        return web.json_response({"ok": True, "switches": [one.shown for one in self._switches.values()]})

    async def set(self, request: web.Request) -> web.Response:
        """Sets one."""
        if request.content_type != "application/json":
            return web.json_response({"ok": False, "error": "not JSON"}, status=415)
        try:
            body = await request.json()
            switch, on = self._switches[body["id"]], bool(body.get("on", True))
        except (ValueError, KeyError, TypeError):
            return web.json_response({"ok": False, "error": "no such switch"}, status=400)
        if on != switch.on or not switch.lasting:
            await switch.flip(on)
            switch.on = on and switch.lasting
        return web.json_response({"ok": True})

    async def all_off(self) -> None:
        """What lasts is switched off."""
        for switch in self._switches.values():
            if switch.on:
                await switch.flip(False)
                switch.on = False


@dataclass(frozen=True)
class Group(Generic[T]):
    """The switches under one heading, for faults that *disarm* takes back."""

    board: Switchboard
    name: str
    disarm: Callable[[T], None]

    def lasting(self, id: str, label: str, about: str, arm: Callable[[], T]) -> None:
        """A fault that lasts until it is switched off."""
        armed: list[T] = []

        async def flip(on: bool) -> None:
            if on:
                armed.append(arm())
            else:
                self.disarm(armed.pop())

        self.board.add(self.name, id, label, about, flip, lasting=True)

    def once(self, id: str, label: str, about: str, strike: Callable[[], object]) -> None:
        """What strikes once."""

        async def flip(on: bool) -> None:
            strike()

        self.board.add(self.name, id, label, about, flip)


def slack_switches(board: Switchboard, faults: Faults, sockets: Sockets, workspace: Workspace, grants: Grants) -> None:
    """What the local Slack can do wrong."""
    post, edit = "chat.postMessage", "chat.update"

    group = Group(board, "Slack", faults.disarm)
    lasting, once = group.lasting, group.once

    lasting(
        "slack-down", "Down", "every call is answered with an error 503", lambda: faults.status("*", 503, times=None)
    )
    lasting(
        "slack-html",
        "Nonsense",
        "every call is answered with a web page",
        lambda: faults.status("*", 502, html=True, times=None),
    )
    lasting("slack-hangs", "Mute", "no call is answered", lambda: faults.hold("*", times=None))
    once("slack-limit", "Limit the next message", "429, again in ten seconds", lambda: faults.rate_limit(post, 10))
    once("slack-limit-edit", "Limit the next edit", "429, again in ten seconds", lambda: faults.rate_limit(edit, 10))
    once(
        "slack-lose",
        "Lose the next answer",
        "the message is there, and the bot never hears so",
        lambda: faults.lose(post),
    )
    lasting(
        "slack-types", "Wrong types", "a message is there, and the answer is a list", lambda: _garbled(faults, post)
    )
    once("slack-late", "Delay the next message", "the bot looks for it before it is there", lambda: faults.late(post))
    once(
        "slack-vanish",
        "Delete the newest message",
        "as retention does: its thread is gone too",
        lambda: _newest(workspace, workspace.vanish),
    )
    once(
        "slack-tombstone",
        "Delete the newest message by hand",
        "as an admin does: a message with replies leaves a tombstone",
        lambda: _newest(workspace, workspace.remove),
    )
    once("slack-fatal", "Lie about the next message", "`fatal_error`, and it is there", lambda: _lie(faults, post))
    once("slack-cut", "Cut the sockets", "the network breaks", sockets.cut)

    async def deaf(on: bool) -> None:
        (faults.hearing.clear if on else faults.hearing.set)()

    board.add("Slack", "slack-deaf", "Deafen the sockets", "they stand, and nothing goes over them", deaf, lasting=True)

    async def redeliver(on: bool) -> None:
        faults.redeliveries = 2 if on else 0

    about = "every event comes three times, with the same id, though it was acknowledged"
    board.add("Slack", "slack-redeliver", "Redeliver events", about, redeliver, lasting=True)

    async def phones(on: bool) -> None:
        workspace.curly = on

    board.add("Slack", "slack-phones", "Type on phones", "quotes become curly, dashes long", phones, lasting=True)

    def lacking(kind: str) -> Flip:
        async def lack(on: bool) -> None:
            (workspace.lacks.add if on else workspace.lacks.discard)(kind)

        return lack

    for kind, id, label in (("data_table", "tables", "tables"), ("alert", "alerts", "alerts in forms")):
        about = f"`{kind}` blocks are refused, as where they are not there yet; what took them before must restart"
        board.add("Slack", f"slack-no-{id}", f"Lack {label}", about, lacking(kind), lasting=True)

    async def archive(on: bool) -> None:
        workspace.archive(on)

    board.add("Slack", "slack-archive", "Archive the bot's channels", "nobody can post there", archive, lasting=True)

    async def withhold(on: bool) -> None:
        grants.withhold = on

    about = "as where somebody left them out when the app was installed"
    board.add("Slack", "slack-scopes", "Withhold the optional scopes", about, withhold, lasting=True)

    async def refresh(on: bool) -> None:
        await sockets.refresh()

    board.add(
        "Slack",
        "slack-refresh",
        "Refresh the sockets",
        "Slack asks to connect anew, as it does every few hours",
        refresh,
    )
    once(
        "slack-refuse",
        "Refuse three connections",
        "503 to the next three sockets",
        lambda: _set(faults, "refuse_handshakes"),
    )
    once("slack-tickets", "Give out dead tickets", "the next three never connect", lambda: _set(faults, "dead_tickets"))
    once("slack-twice", "Deliver twice", "the next event reaches the bot twice", lambda: _twice(faults))


def _newest(workspace: Workspace, delete: Callable[[str, str], None]) -> None:
    if (found := workspace.newest()) is not None:
        delete(*found)


def _lie(faults: Faults, method: str) -> None:
    faults.refuse(method, "fatal_error", done=True)


def _garbled(faults: Faults, method: str) -> Fault:
    return faults.answer(method, [], done=True, times=None)


def _set(faults: Faults, name: str) -> None:
    setattr(faults, name, 3)


def _twice(faults: Faults) -> None:
    faults.duplicate_events += 1
