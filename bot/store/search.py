"""Search: which runs are meant by the words of a filter."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.run_filter import RunFilter
from bot.domain.runs import OPEN
from bot.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers of the runs that fit: open ones oldest first, ended ones newest first."""

    open: tuple[int, ...]
    ended: tuple[int, ...]

    @property
    def all(self) -> tuple[int, ...]:
        """In the order in which they are listed."""
        return (*self.open, *self.ended)


class Search:
    """Finds runs without reading their plans and journals."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def runs(self, wanted: RunFilter) -> Found:
        """The runs that fit a filter."""
        conditions, values = ["1 = 1"], list[object]()
        if wanted.states:
            conditions.append(f"state IN ({', '.join('?' * len(wanted.states))})")
            values += sorted(wanted.states)
        if wanted.kinds:
            conditions.append(f"json_extract(plan, '$.model.kind') IN ({', '.join('?' * len(wanted.kinds))})")
            values += sorted(wanted.kinds)
        if wanted.requester is not None:
            conditions.append("requester = ?")
            values.append(wanted.requester)
        rows = self._c.rows(
            f"""SELECT id, state, instance, json_extract(plan, '$.model.name') AS name FROM runs
                WHERE {" AND ".join(conditions)} ORDER BY ended_at DESC, id DESC""",
            values,
        )
        # Names are compared here: SQLite folds the case of ASCII letters only.
        fitting = [row for row in rows if wanted.names(row["id"], row["instance"], row["name"])]
        return Found(
            tuple(sorted(row["id"] for row in fitting if row["state"] in OPEN)),
            tuple(row["id"] for row in fitting if row["state"] not in OPEN),
        )

    def any(self) -> bool:
        """Whether there ever was a run."""
        return self._c.row("SELECT 1 AS one FROM runs LIMIT 1") is not None
