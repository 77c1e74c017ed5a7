"""A key that the database does not have: what its seals prove, and what is said where they prove nothing."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.messages.sheet import iso
from bot.setting_facts import facts, note
from bot.settings import Settings, key_of_audit, load
from bot.store import Store
from bot.store.audit import SealingKey
from tests.fakes import NOW
from tests.store.test_audit_tampering import KEY, change, rewritten, verified, write
from tests.unit.test_settings import GOOD, put

LATER = NOW + timedelta(days=9)
OTHER = "fedcba9876543210" * 2


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "retune.db"


def run(path: Path, rows: int, key: str | None = None) -> None:
    """A process with that key, or none, that writes rows."""
    with Store(path, key=SealingKey(key) if key else None) as store:
        write(store, rows)


def test_a_key_from_the_first_row(path: Path):
    """Everything is sealed: the row with which that began is the first."""
    run(path, 3, KEY)
    run(path, 2, KEY)
    code, heard = verified(path, key=KEY)
    assert (code, len(heard.splitlines())) == (0, 2)
    assert "rows 1 to 6 and the end are sealed with RETUNE_AUDIT_KEY, since 2026-11-23T10:00:00Z" in heard
    with Store(path) as store:
        first, *others = store.audit.all()
    assert (first["actor"], first["action"]) == ("retune", "audit key")
    assert first["detail"] == SealingKey(KEY).name
    assert all(row["action"] == "probe" for row in others)


def test_a_key_that_was_set_later(path: Path):
    """The rows before are told, from and to; from then on nobody changes them unseen."""
    run(path, 4)
    assert "no row is sealed with RETUNE_AUDIT_KEY" in verified(path, key=KEY)[1]
    run(path, 2, KEY)
    code, heard = verified(path, key=KEY)
    assert code == 0
    assert "rows 5 to 7 and the end are sealed" in heard
    assert "rows 1 to 4 were written without this key" in heard
    rewritten(path, "UPDATE audit SET actor = 'UEVE' WHERE id = 2")
    assert verified(path, key=KEY)[0] == 1


def test_a_key_that_is_missing(path: Path):
    """Seals that nobody tests prove nothing: that is said, and is no success."""
    run(path, 2)
    run(path, 2, KEY)
    code, heard = verified(path)
    assert (code, "rows 3 to 5 have seals that were not tested" in heard) == (2, True)


def test_another_key(path: Path):
    """After a change each key tests its own rows; the new one proves that nothing changed since."""
    run(path, 2, KEY)
    run(path, 2, OTHER)
    code, heard = verified(path, key=OTHER)
    assert (code, "rows 1 to 3 were written without this key" in heard) == (0, True)
    code, heard = verified(path, key=KEY)
    assert (code, "row 4 breaks the chain: it lacks the seal" in heard) == (1, True)
    assert "no row is sealed with RETUNE_AUDIT_KEY" in verified(path, key="0123456789" * 4)[1]


def test_a_key_that_was_away_for_a_while(path: Path):
    """Nobody can tell these rows from those of somebody else: only a new key begins without them."""
    run(path, 2, KEY)
    run(path, 2)
    with Store(path) as store:
        assert [row["detail"] for row in store.audit.all() if row["action"] == "audit key"][-1] == "none"
    assert "row 4 breaks the chain: it lacks the seal" in verified(path, key=KEY)[1]
    run(path, 1, KEY)
    assert "row 4 breaks the chain" in verified(path, key=KEY)[1]
    run(path, 1, OTHER)
    assert verified(path, key=OTHER)[0] == 0


FORGED = {
    "another actor": "UPDATE audit SET actor = 'UEVE' WHERE id = 4",
    "without the seals": "UPDATE audit SET seal = NULL, actor = 'UEVE'",
    "as if there had never been a key": "DELETE FROM audit WHERE action = 'audit key'; UPDATE audit SET seal = NULL; "
    "UPDATE audit_head SET seal = NULL",
    "as if the key had been taken away": "UPDATE audit SET seal = NULL WHERE id > 3; "
    "UPDATE audit SET action = 'audit key', detail = 'none' WHERE id = 4; "
    "UPDATE audit_head SET seal = NULL",
    "with other seals": "UPDATE audit SET seal = hex(randomblob(32)); UPDATE audit_head SET seal = 'x'",
    "the end cut off": "DELETE FROM audit WHERE id > 4",
    "the end cut off, with the seal of its last row": "DELETE FROM audit WHERE id > 4; "
    "UPDATE audit_head SET seal = (SELECT seal FROM audit WHERE id = 4)",
    "a row in between taken out": "DELETE FROM audit WHERE id = 4",
    "emptied": "DELETE FROM audit; UPDATE audit_head SET seal = NULL",
}


@pytest.mark.parametrize("wrote_on", [False, True])
@pytest.mark.parametrize("kind", FORGED)
def test_a_rewrite_is_found(path: Path, kind: str, wrote_on: bool):
    """The chain and its end were made anew; also where Retune writes on before somebody looks."""
    run(path, 6, KEY)
    rewritten(path, FORGED[kind])
    assert verified(path)[0] in (0, 2)  # the chain alone shows nothing
    if wrote_on:
        with Store(path, key=SealingKey(KEY)) as store:
            store.audit.note(LATER, "UADA", "probe")
    code, heard = verified(path, key=KEY)
    if wrote_on and kind in ("as if there had never been a key", "emptied"):
        # Nothing in the file says that there was a key before; that it begins only now is what is told.
        assert f"are sealed with RETUNE_AUDIT_KEY, since {iso(LATER)}" in heard
        return
    assert code == 1, heard


def test_a_seal_of_another_row_or_an_older_end(path: Path):
    """A seal is about one hash; the end's is no row's."""
    run(path, 6, KEY)
    change(path, "UPDATE audit SET seal = (SELECT seal FROM audit WHERE id = 3) WHERE id = 4")
    assert "row 4 breaks the chain: it lacks the seal" in verified(path, key=KEY)[1]


def test_what_no_key_finds(path: Path):
    """A whole older state of the file is one that Retune wrote: only a hash that was kept later shows it."""
    run(path, 3, KEY)
    older = path.with_suffix(".old")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(older)) as target:
        source.backup(target)
    run(path, 3, KEY)
    kept = verified(path, key=KEY)[1].splitlines()[0].rpartition(" ")[2]
    assert verified(older, key=KEY)[0] == 0
    assert verified(older, kept, KEY)[0] == 1


def test_a_good_key(monkeypatch: pytest.MonkeyPatch):
    """It is masked like any other secret; an empty one is none."""
    put(monkeypatch, {**GOOD, "RETUNE_AUDIT_KEY": f" {KEY} "})
    found = key_of_audit(None)
    assert found is not None
    assert found.reveal() == KEY
    assert KEY not in f"{found} {load(None)}"
    put(monkeypatch, {"RETUNE_AUDIT_KEY": ""})
    assert key_of_audit(None) is load(None).audit_key is None


@pytest.mark.parametrize("key", ["short", "x" * 64, KEY[:31], " " * 40])
def test_what_is_no_key(monkeypatch: pytest.MonkeyPatch, key: str):
    """One that somebody could guess is a fault, told without the key."""
    put(monkeypatch, {**GOOD, "RETUNE_AUDIT_KEY": key})
    for asked in (key_of_audit, load):
        with pytest.raises(SettingsError) as raised:
            asked(None)
        (fault,) = raised.value.faults
        assert fault.startswith("RETUNE_AUDIT_KEY: must be random, with 32 characters or more")
        assert key not in fault


def test_it_never_shows_itself():
    """Nor does its name tell anything of it."""
    key = SealingKey(KEY)
    assert KEY not in f"{key!r} {key} {key.name}"
    assert key.name != SealingKey(OTHER).name


def settings(monkeypatch: pytest.MonkeyPatch, **over: str) -> Settings:
    put(monkeypatch, {**GOOD, **over})
    return load(None)


def test_a_start_notes_what_was_set(monkeypatch: pytest.MonkeyPatch, path: Path, caplog: pytest.LogCaptureFixture):
    """The first one everything, the others what differs; and since when a key seals, also in the log. No secret."""
    with Store(path, key=SealingKey(KEY)) as store, caplog.at_level(logging.WARNING):
        for _ in range(2):
            note(settings(monkeypatch, RETUNE_AUDIT_KEY=KEY), NOW, store)
        first = [(row["action"], row["instance"]) for row in store.audit.all()]
        assert first == [("audit key", None), *[("settings", name) for name in (None, "speech-to-text", "stt-cluster")]]
        assert len(caplog.messages) == 1
        changed = {"RETUNE_GUESTS": "read", "STT_CLUSTER_APPROVALS": "2", "RETUNE_WINDOW": "22:00-05:00"}
        note(settings(monkeypatch, **changed), NOW, store)
        told = [(row["instance"], row["detail"]) for row in store.audit.all()][4:]
        assert told == [
            (None, "guests: none → read"),
            ("speech-to-text", "window: any time → 22:00-05:00 UTC"),
            ("stt-cluster", "approvals: 1 → 2; window: any time → 22:00-05:00 UTC"),
        ]
        whole = str([row["detail"] for row in store.audit.all()])
    for secret in ("hush", KEY, "'key'"):
        assert secret not in whole


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("RETUNE_APPROVERS", "U9"),
        ("RETUNE_APPROVALS", "3"),
        ("RETUNE_SELF_APPROVAL", "yes"),
        ("RETUNE_APPROVAL_TTL", "2d"),
        ("RETUNE_WINDOW", "22:00-05:00"),
        ("RETUNE_GUESTS", "read"),
        ("RETUNE_SHARED_CHANNEL", "yes"),
        ("RETUNE_CHANNEL", "C999"),
        ("RETUNE_ANNOUNCE", "0 8 * * *"),
        ("RETUNE_TIMEZONE", "Europe/Berlin"),
        ("RETUNE_OWNERS", "x-*=U1"),
        ("RETUNE_PARALLEL", "5"),
        ("RETUNE_PROBE", "7d"),
        ("RETUNE_CANARY", "7d"),
        ("SPEECH_TO_TEXT_URL", "https://api.eu-de.speech-to-text.watson.cloud.ibm.com/instances/2"),
        ("SPEECH_TO_TEXT_DISABLE_SSL", "true"),
        ("STT_CLUSTER_AUTH_DISABLE_SSL", "true"),
        ("STT_CLUSTER_DEPLOYMENT", "cloud"),
        ("STT_CLUSTER_APPROVERS", "U7"),
    ],
)
def test_each_setting_that_matters(monkeypatch: pytest.MonkeyPatch, setting: str, value: str):
    """What decides who may do what, when, and to which service."""
    before = facts(settings(monkeypatch))
    assert facts(settings(monkeypatch, **{setting: value})) != before
