"""The tables. Migrations are append-only: never change one that a database may already have."""

from __future__ import annotations

from bot.store.chain import START, digest
from bot.store.sqlite import Migrations, Sqlite

migrations = Migrations("retune")


@migrations()
def first_tables(db: Sqlite) -> None:
    """The fleet as last read, runs with their journal and votes, messages, announcements, leases, audit."""
    for statement in (
        """CREATE TABLE instances (
            name TEXT PRIMARY KEY, deployment TEXT NOT NULL, bases TEXT, read_at REAL,
            failing_since REAL, failure TEXT NOT NULL DEFAULT '') STRICT""",
        """CREATE TABLE models (
            ref TEXT PRIMARY KEY, instance TEXT NOT NULL, facts TEXT NOT NULL) STRICT""",
        "CREATE INDEX models_by_instance ON models (instance)",
        """CREATE TABLE links (
            acoustic TEXT PRIMARY KEY, language TEXT, by TEXT NOT NULL, at REAL NOT NULL) STRICT""",
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY, request TEXT NOT NULL UNIQUE, model TEXT NOT NULL, instance TEXT NOT NULL,
            plan TEXT NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL, requester TEXT NOT NULL,
            why TEXT NOT NULL, requested_at REAL NOT NULL, expires_at REAL NOT NULL, channel TEXT NOT NULL,
            decided_by TEXT, decided_at REAL, started_at REAL, ended_at REAL, outcome TEXT NOT NULL DEFAULT '',
            told INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 0) STRICT""",
        "CREATE INDEX runs_by_state ON runs (state)",
        "CREATE INDEX runs_by_model ON runs (model)",
        "CREATE INDEX runs_untold ON runs (id) WHERE told < version",
        """CREATE TABLE locks (
            model TEXT PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs (id)) STRICT""",
        """CREATE TABLE steps (
            run INTEGER NOT NULL REFERENCES runs (id), number INTEGER NOT NULL, step TEXT NOT NULL,
            model TEXT NOT NULL, state TEXT NOT NULL, before TEXT, started_at REAL, answered_at REAL, ended_at REAL,
            seen_busy INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
            forced INTEGER NOT NULL DEFAULT 0, transaction_id TEXT, result TEXT NOT NULL DEFAULT '',
            next_at REAL, PRIMARY KEY (run, number)) STRICT""",
        "CREATE INDEX steps_due ON steps (next_at) WHERE next_at IS NOT NULL",
        """CREATE TABLE drafts (
            key TEXT PRIMARY KEY, plan TEXT NOT NULL, at REAL NOT NULL) STRICT""",
        """CREATE TABLE votes (
            run INTEGER NOT NULL REFERENCES runs (id), voter TEXT NOT NULL, vote TEXT NOT NULL,
            digest TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (run, voter)) STRICT""",
        """CREATE TABLE messages (
            key TEXT PRIMARY KEY, channel TEXT NOT NULL, thread TEXT, ts TEXT, digest TEXT NOT NULL,
            intended_at REAL NOT NULL, sent_at REAL) STRICT""",
        """CREATE TABLE announcements (
            channel TEXT NOT NULL, slot TEXT NOT NULL, at REAL NOT NULL, said INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (channel, slot)) STRICT""",
        """CREATE TABLE leases (
            name TEXT PRIMARY KEY, holder TEXT NOT NULL, until REAL NOT NULL) STRICT""",
        """CREATE TABLE audit (
            id INTEGER PRIMARY KEY, at REAL NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
            run INTEGER, model TEXT, detail TEXT NOT NULL) STRICT""",
        "CREATE INDEX audit_by_run ON audit (run)",
    ):
        db.execute(statement)


@migrations()
def observations(db: Sqlite) -> None:
    """What was observed on purpose: recognition warnings, and the version that a new model is given."""
    db.execute(
        """CREATE TABLE probes (
            ref TEXT PRIMARY KEY, version TEXT, stage INTEGER NOT NULL, at REAL NOT NULL) STRICT"""
    )
    db.execute(
        """CREATE TABLE canaries (
            instance TEXT NOT NULL, base TEXT NOT NULL, version TEXT NOT NULL, at REAL NOT NULL,
            PRIMARY KEY (instance, base)) STRICT"""
    )


@migrations()
def decisions(db: Sqlite) -> None:
    """Later starts, reminders, cancelling, trying again; freezes; campaigns with their votes."""
    for statement in (
        "ALTER TABLE runs ADD COLUMN not_before REAL",
        "ALTER TABLE runs ADD COLUMN remind_at REAL",
        "ALTER TABLE runs ADD COLUMN reminded INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN voters INTEGER",
        "ALTER TABLE runs ADD COLUMN cancelled_by TEXT",
        "ALTER TABLE runs ADD COLUMN retries INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN campaign INTEGER",
        "CREATE INDEX runs_by_campaign ON runs (campaign) WHERE campaign IS NOT NULL",
        """CREATE TABLE freezes (
            id INTEGER PRIMARY KEY, instance TEXT NOT NULL, reason TEXT NOT NULL, author TEXT NOT NULL,
            at REAL NOT NULL, until REAL NOT NULL, ended_at REAL, ended_by TEXT) STRICT""",
        """CREATE TABLE campaigns (
            id INTEGER PRIMARY KEY, request TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, state TEXT NOT NULL,
            requester TEXT NOT NULL, why TEXT NOT NULL, requested_at REAL NOT NULL, expires_at REAL NOT NULL,
            channel TEXT NOT NULL, decided_by TEXT, decided_at REAL, ended_at REAL, outcome TEXT NOT NULL DEFAULT '',
            excused INTEGER NOT NULL DEFAULT 0, told INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 1,
            left_out TEXT NOT NULL DEFAULT '[]', voters INTEGER, remind_at REAL,
            reminded INTEGER NOT NULL DEFAULT 0) STRICT""",
        """CREATE TABLE campaign_votes (
            campaign INTEGER NOT NULL REFERENCES campaigns (id), voter TEXT NOT NULL, vote TEXT NOT NULL,
            reason TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (campaign, voter)) STRICT""",
    ):
        db.execute(statement)


@migrations()
def changes(db: Sqlite) -> None:
    """What was changed outside Retune; and when a model was read alone, so that no older list overwrites it."""
    db.execute(
        """CREATE TABLE changes (
            id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, at REAL NOT NULL, kind TEXT NOT NULL,
            instance TEXT NOT NULL, ref TEXT NOT NULL, base TEXT NOT NULL, facts TEXT NOT NULL,
            said INTEGER NOT NULL DEFAULT 0, message INTEGER, taken_at REAL) STRICT"""
    )
    db.execute("CREATE INDEX changes_by_ref ON changes (ref)")
    db.execute("CREATE INDEX changes_unsaid ON changes (id) WHERE said = 0")
    db.execute("CREATE INDEX changes_taken ON changes (taken_at) WHERE taken_at IS NOT NULL")
    db.execute("ALTER TABLE models ADD COLUMN seen_at REAL")


@migrations()
def snoozes(db: Sqlite) -> None:
    """What the team chose to hear nothing of for a while.

    `until_version` has the versions that were known then, separated by spaces; null for one that ends by its date.
    `said` is 0 while a snooze is in force, and while its end is not said.
    """
    for statement in (
        """CREATE TABLE snoozes (
            id INTEGER PRIMARY KEY, request TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, subject TEXT NOT NULL,
            kind TEXT NOT NULL, until TEXT, over_at REAL, until_version TEXT, reason TEXT NOT NULL,
            author TEXT NOT NULL, at REAL NOT NULL, ended_at REAL, ended_by TEXT,
            ended_why TEXT NOT NULL DEFAULT '', said INTEGER NOT NULL DEFAULT 0) STRICT""",
        "CREATE UNIQUE INDEX snoozes_in_force ON snoozes (scope, subject) WHERE ended_at IS NULL",
        "CREATE INDEX snoozes_unsaid ON snoozes (id) WHERE said = 0",
        "CREATE INDEX snoozes_by_subject ON snoozes (scope, subject)",
    ):
        db.execute(statement)


@migrations()
def owners(db: Sqlite) -> None:
    """Whom models belong to, as people said by hand."""
    db.execute(
        """CREATE TABLE owners (
            ref TEXT PRIMARY KEY, owner TEXT NOT NULL, by TEXT NOT NULL, at REAL NOT NULL) STRICT"""
    )


@migrations()
def history(db: Sqlite) -> None:
    """How many models had which verdict and risk, by day (UTC, ISO) and instance."""
    db.execute(
        """CREATE TABLE history (
            day TEXT NOT NULL, instance TEXT NOT NULL, verdict TEXT NOT NULL, risk TEXT NOT NULL,
            models INTEGER NOT NULL, PRIMARY KEY (day, instance, verdict, risk)) STRICT"""
    )


@migrations()
def audit_chain(db: Sqlite) -> None:
    """Each row of the audit is chained to the one before; `instance` is a column of its own.

    Two rows cannot follow the same one: the index makes a fork impossible, whoever writes.
    """
    for column in ("instance TEXT", "previous TEXT NOT NULL DEFAULT ''", "hash TEXT NOT NULL DEFAULT ''"):
        db.execute(f"ALTER TABLE audit ADD COLUMN {column}")
    db.execute("UPDATE audit SET instance = substr(model, 1, instr(model || '/', '/') - 1) WHERE model IS NOT NULL")
    db.execute(
        "UPDATE audit SET instance = (SELECT instance FROM runs WHERE runs.id = audit.run) WHERE instance IS NULL"
    )
    previous, last = START, 0
    while rows := list(db.query("SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT 1000", (last,))):
        for row in rows:
            row["previous"] = previous
            previous, last = digest(row), row["id"]
            db.execute("UPDATE audit SET previous = ?, hash = ? WHERE id = ?", (row["previous"], previous, last))
    db.execute("CREATE UNIQUE INDEX audit_chained ON audit (previous)")
    db.execute("CREATE INDEX audit_settings ON audit (instance) WHERE action = 'settings'")


@migrations()
def telling(db: Sqlite) -> None:
    """Proven steps, newest first: estimates are made from them. Whether a message was edited since it was posted."""
    db.execute("CREATE INDEX steps_done ON steps (ended_at) WHERE state = 'done'")
    db.execute("ALTER TABLE messages ADD COLUMN edited INTEGER NOT NULL DEFAULT 0")


@migrations()
def announcing(db: Sqlite) -> None:
    """What each channel was told last, who was mentioned for what, and what people chose instead of the settings.

    `draft` is what a slot is about to say, kept until it is said. `pinned` is the living card that was pinned.
    """
    for statement in (
        "ALTER TABLE announcements ADD COLUMN draft TEXT",
        """CREATE TABLE announced (
            channel TEXT PRIMARY KEY, began_at REAL NOT NULL, levels TEXT NOT NULL DEFAULT '{}',
            all_current INTEGER NOT NULL DEFAULT 0, week TEXT NOT NULL DEFAULT '', at REAL, key TEXT,
            pinned TEXT) STRICT""",
        """INSERT INTO announced (channel, began_at)
           SELECT channel, max(at) FROM announcements WHERE said = 1 GROUP BY channel""",
        """CREATE TABLE mentioned (
            ref TEXT NOT NULL, version TEXT NOT NULL, level TEXT NOT NULL, owner TEXT NOT NULL, at REAL NOT NULL,
            PRIMARY KEY (ref, version)) STRICT""",
        """CREATE TABLE announcer_settings (
            key TEXT PRIMARY KEY, value TEXT NOT NULL, by TEXT NOT NULL, at REAL NOT NULL) STRICT""",
        "CREATE INDEX audit_by_action ON audit (action, at)",
    ):
        db.execute(statement)
