"""Words that people add from Slack: stored before they are sent, so that none is lost without an answer."""

from __future__ import annotations

from datetime import datetime

from bot.domain.runs import Run
from bot.domain.words import Addition, End, Word
from bot.store.audit import Audited
from bot.store.connection import written


class Words(Audited):
    """All added words, each with its rows in the audit."""

    def intend(self, form: str, run: Run, ref: str, word: Word, by: str, now: datetime) -> Addition | None:
        """Stores that a word is about to be sent; None if this form sent one before."""
        facts = {"form": form, "run": run.id, "ref": ref, "word": written(word), "by": by, "at": now}
        if not self._c.add_once("words", "form", **facts):
            return None
        self._audit.note(now, by, "add word", request=run.request, model=ref, detail=word.word)
        return self.of_form(form)

    def end(self, addition: Addition, request: int, outcome: End, now: datetime, why: str = "") -> bool:
        """Stores the result; false if it is known already."""
        sql = "UPDATE words SET outcome = ? WHERE id = ? AND outcome IS NULL"
        if not self._c.change(sql, (outcome, addition.id)):
            return False
        detail = f"{addition.word.word}: {why}" if why else addition.word.word
        self._audit.note(now, "retune", f"word {outcome}", request=request, model=addition.ref, detail=detail)
        return True

    def unanswered(self, addition: Addition, request: int, now: datetime, why: str) -> None:
        """Stores that no answer proves anything: looks will tell."""
        detail = f"{addition.word.word}: {why}"
        self._audit.note(now, "retune", "word unanswered", request=request, model=addition.ref, detail=detail)

    def of_form(self, form: str) -> Addition | None:
        """The word that a form sent."""
        return self._c.one(Addition, "SELECT * FROM words WHERE form = ?", (form,))

    def of_run(self, run: int) -> tuple[Addition, ...]:
        """The words added for a run, oldest first."""
        return self._c.all(Addition, "SELECT * FROM words WHERE run = ? ORDER BY id", (run,))

    def of_request(self, request: int) -> tuple[Addition, ...]:
        """The words added for the runs of a request, oldest first."""
        sql = "SELECT w.* FROM words w JOIN runs r ON r.id = w.run WHERE r.request = ? ORDER BY w.id"
        return self._c.all(Addition, sql, (request,))

    def open(self) -> tuple[Addition, ...]:
        """The words with an unknown result, oldest first."""
        return self._c.all(Addition, "SELECT * FROM words WHERE outcome IS NULL ORDER BY id")
