"""The tables. Migrations are append-only: never change one that a database may already have."""

from __future__ import annotations

from bot.store.sqlite import Database, Migrations

migrations = Migrations("retune")


@migrations()
def first_tables(db: Database) -> None:
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
def observations(db: Database) -> None:
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
def history(db: Database) -> None:
    """How many models had which verdict and risk, by day (UTC, ISO) and instance."""
    db.execute(
        """CREATE TABLE history (
            day TEXT NOT NULL, instance TEXT NOT NULL, verdict TEXT NOT NULL, risk TEXT NOT NULL,
            models INTEGER NOT NULL, PRIMARY KEY (day, instance, verdict, risk)) STRICT"""
    )
