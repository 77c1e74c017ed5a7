"""Faults of Speech to Text, the bot's process and its database, as switches on the page."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

from sandbox.bot_process import BotProcess
from sandbox.slack.switchboard import Group, Switchboard
from sandbox.watson.faults import Fault, Faults, Outcome

BEGIN = "*customizations/*"
"""With POST: requests that begin an upgrade or a training."""

LISTS = "*customizations"
"""With GET: the lists of custom models."""

SERVICE, PROCESS = "Speech to Text", "The bot and its database"

OUTCOMES: tuple[tuple[Outcome, str, str], ...] = (
    ("failed", "The next work fails", "the model ends in the status `failed`"),
    ("unchanged", "The next work does nothing", "it is accepted, and no new version appears"),
    ("stuck", "The next work never ends", "the model stays busy"),
    ("deleted", "The next model disappears", "it is deleted while the service works"),
)


def speech_switches(board: Switchboard, faults: Faults) -> None:
    """Faults of the local Speech to Text."""

    def disarm(fault: Fault) -> None:
        if fault in faults.armed:
            faults.disarm(fault.id)

    group = Group(board, SERVICE, disarm)
    lasting, once = group.lasting, group.once

    lasting(
        "speech-down", "Down", "every request is answered with an error 503", lambda: faults.unavailable(times=None)
    )
    lasting("speech-html", "Nonsense", "every request is answered with a web page", lambda: faults.html(times=None))
    lasting("speech-hangs", "Mute", "no request is answered", lambda: faults.hold(times=None))
    once(
        "speech-lose",
        "Lose the next answer",
        "an upgrade begins, but the bot gets no answer",
        lambda: faults.lose(BEGIN),
    )
    once(
        "speech-cut",
        "Cut the next request",
        "an upgrade does not begin, and the bot gets no answer",
        lambda: faults.cut(BEGIN, method="POST"),
    )
    once(
        "speech-odd",
        "Garble the next answer",
        "an upgrade begins, but the answer is not JSON",
        lambda: faults.nonsense(BEGIN, method="POST"),
    )
    once(
        "speech-gateway",
        "A gateway answers instead",
        "an upgrade begins, but the answer is a gateway's page",
        lambda: faults.instead(BEGIN, 502),
    )
    lasting(
        "speech-router",
        "Lose the route",
        "requests about models get a router's 404",
        lambda: faults.router(BEGIN, times=None),
    )
    lasting(
        "speech-few", "List nothing", "the lists are empty, as with another instance's key", lambda: faults.few(LISTS)
    )
    lasting("speech-record", "Garble a record", "one model of each list is unreadable", lambda: faults.odd(LISTS, 7))
    once("speech-token", "End every token", "the bot must log in again", faults.expire_tokens)
    for outcome, label, about in OUTCOMES:
        once(f"speech-{outcome}", label, about, partial(faults.next_outcome, "*", outcome))


def process_switches(board: Switchboard, bot: BotProcess, database: Path) -> None:
    """Faults of the bot's machine. Its clock can't be changed from here."""
    lock: list[sqlite3.Connection] = []

    async def kill(on: bool) -> None:
        bot.kill()

    async def restart(on: bool) -> None:
        bot.restart()

    async def locked(on: bool) -> None:
        if on:
            other = sqlite3.connect(database, isolation_level=None, timeout=1)
            other.execute("BEGIN IMMEDIATE")
            lock.append(other)
        else:
            lock.pop().close()

    board.add(PROCESS, "bot-kill", "Kill it", "`kill -9`; it is started again", kill)
    board.add(PROCESS, "bot-restart", "Restart it", "SIGTERM, as a deployment does; it is started again", restart)

    async def stinted(on: bool) -> None:
        bot.stint(on)

    board.add(PROCESS, "disk", "Break the disk", "the bot can't write anything", stinted, lasting=True)
    board.add(PROCESS, "database-lock", "Lock the database", "another program locks the file", locked, lasting=True)
