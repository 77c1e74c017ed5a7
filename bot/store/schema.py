"""The tables, as in `schema.sql` of the tests. From 0.2.0 on, migrations are append-only."""

from __future__ import annotations

from bot.domain.untrusted_text import matching
from bot.store.connection import Migrations, Sqlite

migrations = Migrations("retune")

TABLES = (
    # unreadable: unreadable records of its lists; doubt: a doubtful reading; both as JSON.
    # revision: grows with each change of the instance, its models, and its observations.
    """CREATE TABLE instances (
        name TEXT PRIMARY KEY, deployment TEXT NOT NULL, bases TEXT, read_at REAL,
        failing_since REAL, failure TEXT NOT NULL DEFAULT '', unreadable TEXT NOT NULL DEFAULT '[]',
        doubt TEXT, revision INTEGER NOT NULL DEFAULT 0) STRICT""",
    # seen_at: when the model was read alone, so that no older list overwrites it.
    """CREATE TABLE models (
        ref TEXT PRIMARY KEY, instance TEXT NOT NULL, facts TEXT NOT NULL, seen_at REAL) STRICT""",
    "CREATE INDEX models_by_instance ON models (instance)",
    """CREATE TABLE links (
        acoustic TEXT PRIMARY KEY, language TEXT, by TEXT NOT NULL, at REAL NOT NULL) STRICT""",
    """CREATE TABLE probes (
        ref TEXT PRIMARY KEY, version TEXT, stage INTEGER NOT NULL, at REAL NOT NULL) STRICT""",
    """CREATE TABLE canaries (
        instance TEXT NOT NULL, base TEXT NOT NULL, version TEXT NOT NULL, at REAL NOT NULL,
        PRIMARY KEY (instance, base)) STRICT""",
    """CREATE TABLE owners (
        ref TEXT PRIMARY KEY, owner TEXT NOT NULL, by TEXT NOT NULL, at REAL NOT NULL) STRICT""",
    # known: the versions known at its start, as JSON; none if it ends by date.
    # begun_said: whether the channel was told. said: 0 while it is in force, and until its end was posted.
    # ended_for: the request that a person ended the hold for.
    """CREATE TABLE snoozes (
        id INTEGER PRIMARY KEY, request TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, subject TEXT NOT NULL,
        kind TEXT NOT NULL, until TEXT NOT NULL, over_at REAL NOT NULL, by_version INTEGER NOT NULL,
        known TEXT NOT NULL, reason TEXT NOT NULL, author TEXT NOT NULL, at REAL NOT NULL,
        begun_said INTEGER NOT NULL, ended_at REAL, ended_by TEXT, ended_why TEXT,
        ended_version TEXT NOT NULL DEFAULT '', ended_for INTEGER REFERENCES requests (id),
        said INTEGER NOT NULL DEFAULT 0) STRICT""",
    "CREATE UNIQUE INDEX snoozes_in_force ON snoozes (scope, subject) WHERE ended_at IS NULL",
    "CREATE INDEX snoozes_unsaid ON snoozes (id) WHERE said = 0",
    "CREATE INDEX snoozes_ended_for ON snoozes (ended_for) WHERE ended_for IS NOT NULL",
    # form: identifies the form, so that submitting it twice changes nothing.
    """CREATE TABLE requests (
        id INTEGER PRIMARY KEY, form TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, state TEXT NOT NULL,
        requester TEXT NOT NULL, why TEXT NOT NULL, requested_at REAL NOT NULL, expires_at REAL NOT NULL,
        channel TEXT NOT NULL, not_before REAL, left_out TEXT NOT NULL DEFAULT '[]',
        voters INTEGER, remind_at REAL, reminded INTEGER NOT NULL DEFAULT 0,
        decided_by TEXT, decided_at REAL, started_at REAL, ended_at REAL,
        version INTEGER NOT NULL DEFAULT 1, told INTEGER NOT NULL DEFAULT 0) STRICT""",
    "CREATE INDEX requests_by_state ON requests (state)",
    "CREATE INDEX requests_untold ON requests (id) WHERE told < version",
    "CREATE INDEX requests_ended ON requests (ended_at, id) WHERE ended_at IS NOT NULL",
    """CREATE TABLE votes (
        request INTEGER NOT NULL REFERENCES requests (id), voter TEXT NOT NULL, vote TEXT NOT NULL,
        digest TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (request, voter)) STRICT""",
    # cause: why it was left out, as JSON. excused: a person saw its failure and let the others continue.
    """CREATE TABLE runs (
        id INTEGER PRIMARY KEY, request INTEGER NOT NULL REFERENCES requests (id), number INTEGER NOT NULL,
        model TEXT NOT NULL, instance TEXT NOT NULL, plan TEXT NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL,
        started_at REAL, ended_at REAL, cause TEXT, cancelled_by TEXT,
        retries INTEGER NOT NULL DEFAULT 0, excused INTEGER NOT NULL DEFAULT 0, UNIQUE (request, number)) STRICT""",
    "CREATE INDEX runs_by_state ON runs (state)",
    "CREATE INDEX runs_ended ON runs (instance, ended_at) WHERE ended_at IS NOT NULL",
    """CREATE TABLE locks (
        model TEXT PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs (id)) STRICT""",
    # instead: what came instead of a conclusive answer; looks: readings without a trace since; unclear_at: when an
    # approver was asked; unanswered: how often it was given up.
    # outcome: how it ended; proven: the newer version that proved it; status: the model's status then.
    """CREATE TABLE steps (
        run INTEGER NOT NULL REFERENCES runs (id), number INTEGER NOT NULL, step TEXT NOT NULL,
        action TEXT NOT NULL, model TEXT NOT NULL, state TEXT NOT NULL, before TEXT, started_at REAL, answered_at REAL,
        ended_at REAL, seen_busy INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
        forced INTEGER NOT NULL DEFAULT 0, transaction_id TEXT, next_at REAL,
        instead TEXT NOT NULL DEFAULT '', looks INTEGER NOT NULL DEFAULT 0, unclear_at REAL,
        unanswered INTEGER NOT NULL DEFAULT 0,
        outcome TEXT, proven TEXT, status TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (run, number)) STRICT""",
    "CREATE INDEX steps_due ON steps (next_at) WHERE next_at IS NOT NULL",
    "CREATE INDEX steps_by_model ON steps (model)",
    "CREATE INDEX steps_done ON steps (action, ended_at) WHERE state = 'done'",
    """CREATE TABLE drafts (
        key TEXT PRIMARY KEY, plan TEXT NOT NULL, at REAL NOT NULL) STRICT""",
    # begun_said, ended_said: whether the channel was told; the end only if a person ended it early.
    """CREATE TABLE freezes (
        id INTEGER PRIMARY KEY, instance TEXT NOT NULL, reason TEXT NOT NULL, author TEXT NOT NULL,
        at REAL NOT NULL, until REAL NOT NULL, ended_at REAL, ended_by TEXT,
        begun_said INTEGER NOT NULL DEFAULT 0, ended_said INTEGER NOT NULL DEFAULT 1) STRICT""",
    "CREATE INDEX freezes_holding ON freezes (id) WHERE ended_at IS NULL",
    "CREATE INDEX freezes_begun_unsaid ON freezes (id) WHERE begun_said = 0 AND ended_at IS NULL",
    "CREATE INDEX freezes_ended_unsaid ON freezes (id) WHERE ended_said = 0",
    # edits: edits begun. doubt_at: since when Slack may show something else; twin_at: since when there may be a second
    # one. continued: it replaces one that was gone.
    """CREATE TABLE messages (
        key TEXT PRIMARY KEY, channel TEXT NOT NULL, thread TEXT, ts TEXT, digest TEXT NOT NULL,
        intended_at REAL NOT NULL, sent_at REAL, edited INTEGER NOT NULL DEFAULT 0,
        edits INTEGER NOT NULL DEFAULT 0, doubt_at REAL, twin_at REAL, continued INTEGER NOT NULL DEFAULT 0) STRICT""",
    "CREATE INDEX messages_in_doubt ON messages (doubt_at) WHERE doubt_at IS NOT NULL",
    "CREATE INDEX messages_with_twins ON messages (twin_at) WHERE twin_at IS NOT NULL",
    # message: the message that reports the change; taken_at: when that was begun.
    """CREATE TABLE changes (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, at REAL NOT NULL, kind TEXT NOT NULL,
        instance TEXT NOT NULL, ref TEXT NOT NULL, base TEXT NOT NULL, facts TEXT NOT NULL,
        said INTEGER NOT NULL DEFAULT 0, message INTEGER, taken_at REAL) STRICT""",
    "CREATE INDEX changes_by_ref ON changes (ref)",
    "CREATE INDEX changes_unsaid ON changes (id) WHERE said = 0",
    "CREATE INDEX changes_taken ON changes (taken_at) WHERE taken_at IS NOT NULL",
    # draft: the content of a slot, kept until it is posted.
    """CREATE TABLE announcements (
        channel TEXT NOT NULL, slot TEXT NOT NULL, at REAL NOT NULL, said INTEGER NOT NULL DEFAULT 0, draft TEXT,
        PRIMARY KEY (channel, slot)) STRICT""",
    # What each channel was told last; pinned: the pinned living card.
    """CREATE TABLE announced (
        channel TEXT PRIMARY KEY, began_at REAL NOT NULL, levels TEXT NOT NULL DEFAULT '{}',
        all_current INTEGER NOT NULL DEFAULT 0, week TEXT NOT NULL DEFAULT '', at REAL, key TEXT,
        pinned TEXT) STRICT""",
    """CREATE TABLE mentioned (
        ref TEXT NOT NULL, version TEXT NOT NULL, level TEXT NOT NULL, owner TEXT NOT NULL, at REAL NOT NULL,
        PRIMARY KEY (ref, version)) STRICT""",
    """CREATE TABLE announcer_settings (
        key TEXT PRIMARY KEY, value TEXT NOT NULL, by TEXT NOT NULL, at REAL NOT NULL) STRICT""",
    # Number of models by verdict and risk, by day (UTC, ISO) and instance.
    """CREATE TABLE history (
        day TEXT NOT NULL, instance TEXT NOT NULL, verdict TEXT NOT NULL, risk TEXT NOT NULL,
        models INTEGER NOT NULL, PRIMARY KEY (day, instance, verdict, risk)) STRICT""",
    """CREATE TABLE deliveries (
        key TEXT PRIMARY KEY, at REAL NOT NULL) STRICT""",
    "CREATE INDEX deliveries_by_time ON deliveries (at)",
    """CREATE TABLE leases (
        name TEXT PRIMARY KEY, holder TEXT NOT NULL, until REAL NOT NULL) STRICT""",
    # The index makes a fork impossible: no two rows can follow the same one.
    """CREATE TABLE audit (
        id INTEGER PRIMARY KEY, at REAL NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, request INTEGER,
        model TEXT, instance TEXT, detail TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL) STRICT""",
    "CREATE UNIQUE INDEX audit_chained ON audit (previous)",
    "CREATE INDEX audit_by_request ON audit (request) WHERE request IS NOT NULL",
    "CREATE INDEX audit_by_action ON audit (action, at)",
    "CREATE INDEX audit_settings ON audit (instance) WHERE action = 'settings'",
)


@migrations()
def first_tables(db: Sqlite) -> None:
    """All first tables."""
    for statement in TABLES:
        db.execute(statement)


@migrations()
def audit_sealed(db: Sqlite) -> None:
    """The end of the audit is stored beside it; a key can seal both; the last recorded settings are kept."""
    for statement in (
        "ALTER TABLE audit ADD COLUMN seal TEXT",
        """CREATE TABLE audit_head (
        id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL, hash TEXT NOT NULL, seal TEXT) STRICT""",
        f"""INSERT INTO audit_head (id, last, hash) VALUES (1, (SELECT coalesce(max(id), 0) FROM audit),
        coalesce((SELECT hash FROM audit ORDER BY id DESC LIMIT 1), '{"0" * 64}'))""",
        # subject: an instance, or empty for settings of all instances; facts: by name, as JSON.
        "CREATE TABLE settings_noted (subject TEXT PRIMARY KEY, facts TEXT NOT NULL) STRICT",
    ):
        db.execute(statement)


@migrations()
def requests_are_found_by_indexes(db: Sqlite) -> None:
    """Indexes for everything that lists of requests filter by: years of requests are searched without reading plans."""
    for statement in (
        # place, form: instance and name as `matching` gives them; if `matching` changes, they must be computed again.
        """CREATE TABLE subjects (
            id INTEGER PRIMARY KEY, instance TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
            place TEXT NOT NULL, form TEXT NOT NULL, UNIQUE (instance, kind, name)) STRICT""",
        # subject: of the request's one run, none if it has several. kinds: 1 language, 2 acoustic, 3 both.
        "ALTER TABLE runs ADD COLUMN subject INTEGER REFERENCES subjects (id)",
        "ALTER TABLE requests ADD COLUMN subject INTEGER REFERENCES subjects (id)",
        "ALTER TABLE requests ADD COLUMN kinds INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX runs_by_subject ON runs (subject, request)",
        "CREATE INDEX runs_subjects ON runs (request, subject)",
        "CREATE INDEX runs_queued ON runs (request) WHERE state = 'queued'",
        "DROP INDEX requests_ended",
    ):
        db.execute(statement)
    known = """SELECT DISTINCT instance, json_extract(plan, '$.model.kind'), json_extract(plan, '$.model.name')
               FROM runs"""
    for instance, kind, name in db.execute(known).fetchall():
        facts = (instance, kind, name, matching(instance), matching(name))
        db.execute("INSERT INTO subjects (instance, kind, name, place, form) VALUES (?, ?, ?, ?, ?)", facts)
    for statement in (
        """UPDATE runs SET subject = (
            SELECT s.id FROM subjects s WHERE s.instance = runs.instance
            AND s.kind = json_extract(runs.plan, '$.model.kind')
            AND s.name = json_extract(runs.plan, '$.model.name'))""",
        """UPDATE requests SET (subject, kinds) = (
            SELECT CASE count(*) WHEN 1 THEN max(s.id) END, max(s.kind = 'language') + 2 * max(s.kind = 'acoustic')
            FROM runs r JOIN subjects s ON s.id = r.subject WHERE r.request = requests.id)""",
        """CREATE INDEX requests_ended ON requests (ended_at DESC, id DESC, state, requester, kinds, subject)
           WHERE ended_at IS NOT NULL""",
        """CREATE INDEX requests_ended_by_state ON requests (
            state, ended_at DESC, id DESC, requester, kinds, subject) WHERE ended_at IS NOT NULL""",
        "DROP INDEX steps_done",
        """CREATE INDEX steps_done ON steps (action, (instr(model, '/acoustic/') > 0), ended_at)
           WHERE state = 'done'""",
        """CREATE INDEX requests_ended_by_requester ON requests (
            requester, ended_at DESC, id DESC, state, kinds, subject) WHERE ended_at IS NOT NULL""",
    ):
        db.execute(statement)


@migrations()
def what_is_only_for_the_moment_is_found_by_age(db: Sqlite) -> None:
    """Indexes by age for temporary rows, so that deleting them does not read what stays."""
    for statement in (
        # swept: its messages were deleted here.
        "ALTER TABLE requests ADD COLUMN swept INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX requests_unswept ON requests (state, ended_at) WHERE swept = 0 AND ended_at IS NOT NULL",
        "CREATE INDEX drafts_by_time ON drafts (at)",
    ):
        db.execute(statement)


@migrations()
def changes_are_found_by_time(db: Sqlite) -> None:
    """An index by time, so that changes since a request are found without reading older ones."""
    db.execute("CREATE INDEX changes_by_time ON changes (at, ref, kind, instance, base)")


@migrations()
def what_the_service_refused_is_kept_as_a_value(db: Sqlite) -> None:
    """Of a step: the error that ended it, as JSON."""
    db.execute("ALTER TABLE steps ADD COLUMN fault TEXT")


@migrations()
def who_sent_the_last_announcement(db: Sqlite) -> None:
    """For each channel: the last slot begun, who asked for it, and when."""
    for column in ("sent_slot TEXT", "sent_by TEXT NOT NULL DEFAULT ''", "sent_at REAL"):
        db.execute(f"ALTER TABLE announced ADD COLUMN {column}")


@migrations()
def words_are_added_and_owners_found(db: Sqlite) -> None:
    """Words that people add from Slack; the models of an owner are found without reading all."""
    for statement in (
        # form: the window in which it was typed, so that a second submit adds nothing. word: as JSON.
        # outcome: none while it is unknown whether the service has it.
        """CREATE TABLE words (
            id INTEGER PRIMARY KEY, form TEXT NOT NULL UNIQUE, run INTEGER NOT NULL REFERENCES runs (id),
            ref TEXT NOT NULL, word TEXT NOT NULL, by TEXT NOT NULL, at REAL NOT NULL, outcome TEXT) STRICT""",
        "CREATE INDEX words_by_run ON words (run)",
        "CREATE INDEX words_open ON words (id) WHERE outcome IS NULL",
        "CREATE INDEX owners_by_owner ON owners (owner)",
    ):
        db.execute(statement)


@migrations()
def what_people_stop_is_called_stopped(db: Sqlite) -> None:
    """The state of requests and runs that a person stopped is *stopped*, as people read it; it was *cancelled*."""
    for table in ("requests", "runs"):
        db.execute(f"UPDATE {table} SET state = 'stopped' WHERE state = 'cancelled'")
