"""Requests: propose an upgrade, decide on it, let it expire. Decide purely, act in one transaction, speak last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.approvals import Decision, Person, Policy, Reason, Vote, decide, is_approver, may_take_part
from bot.domain.catalog import Catalog
from bot.domain.fleet import Holdings, Model
from bot.domain.planning import plan, plan_training
from bot.domain.plans import Action, Link, NoPlan, Plan, WhyNot
from bot.domain.runs import Run, RunState
from bot.domain.verdicts import Judgement
from bot.errors import Refusal
from bot.flows.inventory import Inventory
from bot.flows.telling import Teller
from bot.messages.refusals import decided, denied
from bot.messages.text import code
from bot.ports import Clock, People
from bot.store import Store


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known right before somebody asks: the judgement, the data, the plan or why there is none.

    *linked* says in words with which language model an acoustic model was trained.
    """

    judgement: Judgement
    holdings: Holdings
    outlook: Plan | NoPlan
    linked: str | None
    run: Run | None
    """The open run that has the model already."""


class Requests:
    """Everything between a wish and an approved run."""

    def __init__(
        self,
        store: Store,
        inventory: Inventory,
        teller: Teller,
        people: People,
        catalog: Catalog,
        policies: Mapping[str, Policy],
        clock: Clock,
        *,
        channel: str,
        team: str,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._inventory = inventory
        self._teller = teller
        self._people = people
        self._catalog = catalog
        self._policies = policies
        self._clock = clock
        self._channel = channel
        self._team = team
        self._wake = wake

    def policy(self, instance: str) -> Policy:
        """The instance's policy. One that is not configured any more lets nobody decide."""
        return self._policies.get(instance) or Policy((), 1, False, 0)

    async def prepare_again(self, approved: Plan) -> Prepared:
        """Plans anew what was approved, of the same kind. Raises as `prepare`."""
        lenient = any(step.lenient for step in approved.steps)
        return await self.prepare(approved.model.ref, training=approved.is_training, lenient=lenient)

    async def prepare(self, ref: str, *, training: bool = False, lenient: bool = False) -> Prepared:
        """Reads a model anew and plans its upgrade, or its training. Raises a `ServiceError` or `Refusal`."""
        judgement = await self._inventory.fresh(ref)
        holdings = await self._inventory.holdings(judgement.model)
        link, linked = await self._link(judgement.model)
        if training:
            outlook = plan_training(judgement, holdings, link=link, lenient=lenient)
        else:
            outlook = plan(judgement, holdings, self._catalog, link=link, lenient=lenient)
        if isinstance(outlook, Plan):
            self._store.runs.draft(outlook, self._clock.now())
        return Prepared(judgement, holdings, outlook, linked, self._store.runs.open_for(ref))

    async def _link(self, model: Model) -> tuple[Link | None, str | None]:
        if model.kind != "acoustic":
            return None, None
        said, ref = self._store.fleet.linked(model.ref)
        if not said:
            return None, None
        if ref is None:
            return Link(None), "no language model"
        language = await self._inventory.fresh(ref)
        holdings = await self._inventory.holdings(language.model)
        return Link(language, holdings, self._second_pass_missing(model)), language.model.name

    def _second_pass_missing(self, model: Model) -> bool:
        """Whether the last run of an acoustic model ended before its upgrade with the language model."""
        last = next((run for run in self._store.runs.of_model(model.ref) if run.started_at is not None), None)
        if last is None or last.state is not RunState.FAILED or last.current is None:
            return False
        return last.current.step.action is Action.UPGRADE_WITH_LANGUAGE

    def candidates(self, model: Model) -> list[Model]:
        """The language models with which an acoustic model can have been trained: same instance, same base."""
        return [
            j.model
            for j in self._inventory.judged().judgements
            if j.model.kind == "language" and j.model.instance == model.instance and j.model.base == model.base
        ]

    async def link(self, ref: str, language_id: str | None, user: str) -> None:
        """Remembers with which language model (None: with none) an acoustic model was trained."""
        await self._full_member(user)
        instance = ref.split("/", 1)[0]
        language = None if language_id is None else f"{instance}/language/{language_id}"
        now = self._clock.now()
        with self._store.transaction():
            self._store.fleet.link(ref, language, user, now)
            self._store.audit.note(now, user, "link", model=ref, detail=language or "none")
        self._inventory.changed()

    async def may_ask(self, user: str) -> None:
        """Raises `Refusal` for people who may not ask: guests, bots, other workspaces."""
        await self._full_member(user)

    async def _full_member(self, user: str) -> None:
        person = await self._people.person(user, ())
        reason = may_take_part(person, self._team)
        if reason is Reason.OTHER_WORKSPACE:
            raise Refusal("Only members of this workspace can ask for upgrades.")
        if reason is not Reason.COUNTS:
            raise Refusal("Guests and bots cannot ask for upgrades. Ask a member of this workspace to do it.")

    def propose(self, request: str, draft: str, why: str, user: str) -> tuple[Run, bool]:
        """Writes the run that a submitted modal asks for; gives it and whether it is new. Call `show` afterwards.

        *request* identifies the modal, so that a second submit of it changes nothing. Raises `Refusal` when the
        draft is gone.
        """
        wanted = self._store.runs.drafted(draft)
        if wanted is None:
            raise Refusal("That form is too old. Ask again with /stt-upgrade.")
        now = self._clock.now()
        policy = self.policy(wanted.model.instance)
        expires = now + timedelta(seconds=policy.ttl)
        return self._store.runs.propose(request, wanted, user, why, self._channel, now, expires)

    async def show(self, run: Run) -> None:
        """Brings the card of a run up to date."""
        await self._teller.tell(run.id)

    def answer_at_once(self, run_id: int, digest: str) -> str | None:
        """What a click hears that can be answered without asking anybody: old card, decided already."""
        run = self._store.runs.get(run_id)
        if run is None:
            return "That request is not known any more. Ask again with /stt-upgrade."
        if run.digest != digest:
            return "That card shows an older plan. Decide on the newest card of this model."
        if run.state is not RunState.WAITING:
            return decided(run, self._clock.now())
        return None

    async def vote(self, run_id: int, digest: str, vote: Vote, user: str, reason: str = "") -> str | None:
        """One person's click. None when it counts; otherwise what to tell that person, and nothing has changed."""
        refused = self.answer_at_once(run_id, digest)
        if refused is not None:
            return refused
        run = self._store.runs.get(run_id)
        assert run is not None
        policy = self.policy(run.plan.model.instance)
        person = await self._person(user, policy)
        with self._store.transaction():
            run = self._store.runs.get(run_id)
            assert run is not None
            decision = self._decide(run, vote, person, policy)
            self._apply(run, decision, vote, user, reason)
        if not decision.allowed:
            return denied(decision.reason, run, policy, self._clock.now())
        if decision.state is RunState.APPROVED:
            self._wake()
        await self._teller.tell(run_id)
        return None

    async def would_count(self, run_id: int, vote: Vote, user: str) -> str | None:
        """None when a vote would count now; otherwise what to tell the person. A denial is recorded."""
        run = self._store.runs.get(run_id)
        assert run is not None
        policy = self.policy(run.plan.model.instance)
        decision = self._decide(run, vote, await self._person(user, policy), policy)
        if decision.allowed:
            return None
        self._apply(run, decision, vote, user, "")
        return denied(decision.reason, run, policy, self._clock.now())

    async def _person(self, user: str, policy: Policy) -> Person:
        return await self._people.person(user, tuple(name for name in policy.approvers if name.startswith("S")))

    def _decide(self, run: Run, vote: Vote, person: Person, policy: Policy) -> Decision:
        return decide(
            vote,
            person,
            policy,
            team=self._team,
            state=run.state,
            requester=run.requester,
            approved_by=run.approved_by,
            expires_at=run.expires_at,
            now=self._clock.now(),
        )

    def _apply(self, run: Run, decision: Decision, vote: Vote, user: str, reason: str) -> None:
        now = self._clock.now()
        if not decision.allowed or decision.state is None:
            self._store.audit.note(now, user, "denied", run=run.id, detail=f"{vote}: {decision.reason}")
            return
        self._store.runs.vote(run, user, vote, reason, now)
        if decision.state is not RunState.WAITING:
            self._store.runs.move(run.id, run.state, decision.state, now, by=user, outcome=reason)

    async def stop_watching(self, run_id: int, user: str) -> str | None:
        """An approver ends a run that the service does not end. None when it counts, else what to tell the person."""
        run = self._store.runs.get(run_id)
        if run is None or run.state is not RunState.RUNNING or run.current is None:
            return "That request does not run any more."
        policy = self.policy(run.plan.model.instance)
        person = await self._person(user, policy)
        now = self._clock.now()
        if may_take_part(person, self._team) is not Reason.COUNTS or not is_approver(person, policy):
            self._store.audit.note(now, user, "denied", run=run_id, detail="stop watching")
            return denied(Reason.NOT_AN_APPROVER, run, policy, now)
        text = f"Stopped watching by <@{user}>. The service may still be working on it."
        with self._store.transaction():
            self._store.runs.step_failed(run.current, text, now)
            self._store.runs.move(run_id, RunState.RUNNING, RunState.FAILED, now, by=user, outcome=text)
        await self._teller.tell(run_id)
        return None

    async def may_decide(self, user: str) -> bool:
        """Whether somebody is an approver of any instance; for what App Home shows, not for decisions."""
        policies = list(self._policies.values())
        groups = tuple({name for policy in policies for name in policy.approvers if name.startswith("S")})
        person = await self._people.person(user, groups)
        return may_take_part(person, self._team) is Reason.COUNTS and any(is_approver(person, p) for p in policies)

    def expire(self) -> None:
        """Ends the requests that nobody decided in time."""
        now = self._clock.now()
        for run_id in self._store.runs.waiting_past(now):
            self._store.runs.move(
                run_id, RunState.WAITING, RunState.EXPIRED, now, by="retune", outcome="Nobody decided in time."
            )

    def in_the_way(self, run: Run, user: str) -> str:
        """What somebody hears who asks for a model that an open run has already."""
        return (
            f"{code(run.plan.model.name)} is already in request {run.id} by <@{run.requester}>, "
            f"which is {run.state.value}. See its card in <#{run.channel}>."
        )


def needs_link(prepared: Prepared) -> bool:
    """Whether the plan only waits for somebody to say with which language model the model was trained."""
    return isinstance(prepared.outlook, NoPlan) and prepared.outlook.reason is WhyNot.LINK_UNKNOWN
