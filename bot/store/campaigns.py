"""Campaigns: their rows and votes. Their runs are in `runs`, with the campaign's number."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from bot.domain.approvals import Vote
from bot.domain.campaigns import CAMPAIGN_FOLLOWS, OPEN_CAMPAIGNS, Campaign, CampaignState, LeftOut
from bot.domain.plans import Plan
from bot.domain.runs import RunState
from bot.store.audit import Audit
from bot.store.connection import Connection, Row, moment, stamp
from bot.store.runs import Runs, vote_record

_encode = msgspec.json.Encoder().encode
_left_out = msgspec.json.Decoder(tuple[LeftOut, ...]).decode


class Campaigns:
    """All campaigns. Every change of state is a conditional update: who changes no row has lost a race."""

    def __init__(self, connection: Connection, audit: Audit, runs: Runs) -> None:
        self._c = connection
        self._audit = audit
        self._runs = runs

    def propose(
        self,
        request: str,
        plans: Sequence[Plan],
        left_out: Sequence[LeftOut],
        requester: str,
        why: str,
        channel: str,
        now: datetime,
        expires_at: datetime,
        not_before: datetime | None,
    ) -> Campaign | None:
        """Writes a waiting campaign with its runs; the one that is there if *request* was written before.

        A model that an open run has meanwhile is left out; None when that leaves nothing.
        """
        with self._c.transaction():
            twin = self._c.row("SELECT id FROM campaigns WHERE request = ?", (request,))
            if twin is not None:
                return self.get(twin["id"])
            row = self._c.rows(
                """INSERT INTO campaigns (request, digest, state, requester, why, requested_at, expires_at, channel)
                   VALUES (?, '', ?, ?, ?, ?, ?, ?) RETURNING id""",
                (request, CampaignState.WAITING, requester, why, stamp(now), stamp(expires_at), channel),
            )[0]
            out, digests = list(left_out), []
            for number, plan in enumerate(plans, start=1):
                run, new = self._runs.propose(
                    *(f"{request}:{number}", plan, requester, why, channel, now, expires_at),
                    not_before=not_before,
                    campaign=row["id"],
                )
                if new:
                    digests.append(plan.digest)
                else:
                    out.append(LeftOut(plan.model.name, f"It is in request {run.id} already."))
            if not digests:
                self._c.change("DELETE FROM campaigns WHERE id = ?", (row["id"],))
                return None
            self._c.change(
                "UPDATE campaigns SET digest = ?, left_out = ? WHERE id = ?",
                (hashlib.sha256(" ".join(digests).encode()).hexdigest()[:16], _encode(out).decode(), row["id"]),
            )
            self._audit.note(now, requester, "campaign", detail=f"campaign {row['id']}, {len(digests)} models: {why}")
            return self.get(row["id"])

    def get(self, campaign: int) -> Campaign | None:
        """One campaign with its runs and votes."""
        row = self._c.row("SELECT * FROM campaigns WHERE id = ?", (campaign,))
        return self._whole(row) if row else None

    def open(self) -> tuple[Campaign, ...]:
        """Those that wait, run or are paused, oldest first."""
        marks = ", ".join("?" * len(OPEN_CAMPAIGNS))
        rows = self._c.rows(f"SELECT * FROM campaigns WHERE state IN ({marks}) ORDER BY id", sorted(OPEN_CAMPAIGNS))
        return tuple(self._whole(row) for row in rows)

    def recent(self, limit: int = 5) -> tuple[Campaign, ...]:
        """Those that ended last, newest first."""
        rows = self._c.rows(
            "SELECT * FROM campaigns WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT ?", (limit,)
        )
        return tuple(self._whole(row) for row in rows)

    def vote(self, campaign: Campaign, voter: str, vote: Vote, reason: str, now: datetime) -> None:
        """Writes a vote that counts. Inside the transaction that read the campaign."""
        self._c.change(
            """INSERT INTO campaign_votes (campaign, voter, vote, reason, at) VALUES (?, ?, ?, ?, ?)
               ON CONFLICT (campaign, voter) DO UPDATE SET vote = excluded.vote, reason = excluded.reason,
               at = excluded.at""",
            (campaign.id, voter, vote, reason, stamp(now)),
        )
        self._audit.note(now, voter, vote, detail=f"campaign {campaign.id}: {reason}")
        self.touch(campaign.id)

    def void(self, campaign: Campaign, voter: str, by: str, why: str, now: datetime) -> bool:
        """Takes a vote away; false if there was none."""
        with self._c.transaction():
            changed = self._c.change(
                "DELETE FROM campaign_votes WHERE campaign = ? AND voter = ?", (campaign.id, voter)
            )
            if changed:
                self._audit.note(now, by, "vote void", detail=f"campaign {campaign.id}, {voter}: {why}")
                self.touch(campaign.id)
        return changed == 1

    def move(
        self, campaign: int, old: CampaignState, new: CampaignState, now: datetime, *, by: str, outcome: str = ""
    ) -> bool:
        """Moves a campaign from one state to another; false if it was not in *old* any more."""
        assert new in CAMPAIGN_FOLLOWS.get(old, frozenset()), f"{old} cannot become {new}"
        decided = old is CampaignState.WAITING and new is not CampaignState.EXPIRED
        with self._c.transaction():
            changed = self._c.change(
                """UPDATE campaigns SET state = ?, version = version + 1, outcome = ?,
                   decided_by = CASE WHEN ? THEN ? ELSE decided_by END,
                   decided_at = CASE WHEN ? THEN ? ELSE decided_at END,
                   ended_at = CASE WHEN ? THEN ? ELSE ended_at END WHERE id = ? AND state = ?""",
                (
                    *(new, outcome, decided, by, decided, stamp(now)),
                    *(new not in OPEN_CAMPAIGNS, stamp(now), campaign, old),
                ),
            )
            if changed:
                self._audit.note(now, by, f"campaign {new.value}", detail=f"campaign {campaign}. {outcome}".strip())
        return changed == 1

    def end_waiting(self, campaign: Campaign, state: RunState, by: str, now: datetime, outcome: str = "") -> None:
        """Ends those of its runs that were not released."""
        for run in campaign.runs:
            if run.state is RunState.WAITING:
                self._runs.move(run.id, RunState.WAITING, state, now, by=by, outcome=outcome)

    def excuse(self, campaign: int, failures: int) -> None:
        """Somebody saw that many failures and goes on."""
        self._c.change("UPDATE campaigns SET excused = ?, version = version + 1 WHERE id = ?", (failures, campaign))

    def voters(self, campaign: int, voters: int, needed: int, remind_at: datetime | None) -> None:
        """Writes how many people could approve, and when to remind; a shortage is something people should see."""
        self._c.change(
            "UPDATE campaigns SET voters = ?, remind_at = ?, version = version + ? WHERE id = ? AND voters IS NULL",
            (voters, stamp(remind_at), int(voters < needed), campaign),
        )

    def remind(self, campaign: int) -> None:
        """Marks that its thread reminds, once."""
        self._c.change(
            "UPDATE campaigns SET reminded = 1, version = version + 1 WHERE id = ? AND reminded = 0", (campaign,)
        )

    def touch(self, campaign: int) -> None:
        """People should see something new of it."""
        self._c.change("UPDATE campaigns SET version = version + 1 WHERE id = ?", (campaign,))

    def untold(self) -> list[tuple[int, int]]:
        """Campaigns of which Slack does not show the present state yet, with the number of that state.

        Only the newest are looked at, so that this costs the same after years.
        """
        rows = self._c.rows(
            """SELECT id, version + (SELECT coalesce(sum(r.version), 0) FROM runs r WHERE r.campaign = c.id) AS n
               FROM (SELECT * FROM campaigns ORDER BY id DESC LIMIT 20) c WHERE told < n ORDER BY id"""
        )
        return [(row["id"], row["n"]) for row in rows]

    def told(self, campaign: int, number: int) -> None:
        """Writes that Slack shows a campaign as it was at that number."""
        self._c.change("UPDATE campaigns SET told = max(told, ?) WHERE id = ?", (number, campaign))

    def _whole(self, row: Row) -> Campaign:
        votes = self._c.rows("SELECT * FROM campaign_votes WHERE campaign = ? ORDER BY at", (row["id"],))
        requested, expires = moment(row["requested_at"]), moment(row["expires_at"])
        assert requested is not None
        assert expires is not None
        return Campaign(
            id=row["id"],
            digest=row["digest"],
            state=CampaignState(row["state"]),
            requester=row["requester"],
            why=row["why"],
            requested_at=requested,
            expires_at=expires,
            channel=row["channel"],
            decided_by=row["decided_by"],
            decided_at=moment(row["decided_at"]),
            ended_at=moment(row["ended_at"]),
            outcome=row["outcome"],
            excused=row["excused"],
            version=row["version"],
            left_out=_left_out(row["left_out"]),
            runs=self._runs.of_campaign(row["id"]),
            votes=tuple(vote_record(vote) for vote in votes),
            voters=row["voters"],
            remind_at=moment(row["remind_at"]),
            reminded=bool(row["reminded"]),
        )
