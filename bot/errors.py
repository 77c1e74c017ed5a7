"""Everything that can go wrong and that we expect to.

RetuneError                     `text` is for the person, `permanent` says whether trying again can help
├── Refusal                     asked for something that cannot be; the text says what to do instead
│   ├── UnknownModel            no model of that name; the text gives the nearest
│   ├── DeletedModel            its instance does not know it any more
│   ├── AmbiguousModel          several models fit; carries them, so that a reply can offer buttons
│   ├── OverBudget              this person used up what they may of something that costs others
│   ├── Denied                  this person may not do it; carries what the audit notes
│   └── InputsRefused           what a form says cannot be; carries a text for each of its inputs
├── SettingsError               faults in the environment, all of them at once
│   └── DatabaseUnusable        the file cannot be opened, or must not be
├── CatalogError                the catalog of base models cannot be read
├── ServiceError                Speech to Text; carries instance, HTTP status and transaction id for IBM support
│   ├── CredentialsRefused      401/403 and the credentials are the reason
│   ├── ModelGone               the service says that it does not know the id, and a list that works lacks it
│   ├── ModelBusy               409: the service handles another request for this model
│   ├── RequestRefused          400 and other refusals: the model is not fit for the operation
│   │   ├── ModelDenied         the service says that it does not know a model, and lists it
│   │   └── PlanRefused         the plan of the instance has no customization
│   ├── ServiceUnavailable      cannot be reached, or answers to no question just now: nothing happened
│   ├── OutcomeUnknown          a request was sent and no answer proves anything: look before you repeat
│   └── AnswerUnreadable        an answer that is not what the documentation promises
│       └── RecordUnreadable    one record that makes no sense, in an answer that is as it should be
├── StoreUnavailable            the database does not answer in time, or not at all: nothing was changed
├── ChartError                  a picture could not be drawn; whoever wanted it goes on without
└── ChatError                   Slack
    ├── ChatRefused             Slack says no and will say no again; carries Slack's error name
    │   ├── ChannelShared       another organization reads that channel; said in the log by whoever found it
    │   ├── ChannelClosed       a channel is archived, or the bot is not in it; said in the log by whoever found it
    │   ├── MessageGone         the message, or the thread of a reply, is not there; carries where the reply landed
    │   └── BlocksRefused       Slack does not take what a message holds, not even in its shortest form
    ├── ChatBusy                rate limited or in trouble; carries how long to wait
    └── ChatOutcomeUnknown      a post or edit was sent and its answer lost: it may be there
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class RetuneError(Exception):
    """An expected fault.

    *text* is written for the person who caused or must mend it: plain words, no escaping applied yet.
    *permanent* is true when the same attempt cannot succeed later without somebody changing something.
    """

    permanent = True

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Refusal(RetuneError):
    """What was asked for cannot be; the text says what to do instead.

    *markup*: it is Slack's markup, escaped already.
    """

    def __init__(self, text: str, *, markup: bool = False) -> None:
        super().__init__(text)
        self.markup = markup


class UnknownModel(Refusal):
    """No custom model fits what was typed."""

    def __init__(self, typed: str, nearest: Sequence[str]) -> None:
        hint = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
        super().__init__(f"No custom model is called “{typed}”.{hint} /stt-models lists all of them.")


class DeletedModel(Refusal):
    """A custom model that its instance does not know any more."""


class AmbiguousModel(Refusal):
    """Several custom models fit what was typed; *refs* are the references of the first of *count* (None: of all)."""

    def __init__(self, typed: str, refs: Sequence[str], count: int | None = None) -> None:
        number = len(refs) if count is None else count
        super().__init__(f"“{typed}” fits {number} custom models. Choose one, or type its whole name or id.")
        self.refs = tuple(refs)


class OverBudget(Refusal):
    """Somebody used up what they may, for a while, of something that costs others."""


class Denied(Refusal):
    """Somebody may not do what they wanted; *note* is what the audit keeps of it. The text is Slack's markup."""

    def __init__(self, text: str, note: str) -> None:
        super().__init__(text, markup=True)
        self.note = note


class InputsRefused(Refusal):
    """What somebody put into a form cannot be; *faults* has a text for each input that is wrong, by its block id."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


class SettingsError(RetuneError):
    """The settings cannot be used; *faults* has one line for each."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class DatabaseUnusable(SettingsError):
    """The database cannot be opened; *cause* follows “because”."""

    def __init__(self, path: object, cause: str) -> None:
        super().__init__([f"RETUNE_DATABASE: {path} cannot be used, because {cause}."])
        self.cause = cause


class CatalogError(RetuneError):
    """The catalog of base models cannot be read; the text names the place."""


class ServiceError(RetuneError):
    """Speech to Text did not do what was asked.

    *detail* is the sentence in its answer (foreign: quote it), *ours* the text without both, *transaction* what IBM
    support asks for.
    """

    def __init__(
        self,
        text: str,
        *,
        instance: str,
        status: int | None = None,
        detail: str | None = None,
        transaction: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        said = f" The answer was: {detail}" if detail else ""
        support = f" (transaction {transaction})" if transaction else ""
        super().__init__(f"{text}{said}{support}")
        self.ours = text
        self.instance = instance
        self.status = status
        self.detail = detail
        self.transaction = transaction
        self.retry_after = retry_after


class CredentialsRefused(ServiceError):
    """The instance does not accept our credentials."""


class ModelGone(ServiceError):
    """The instance does not know this id: deleted, or owned by another instance.

    *listed* are the ids that its list of that kind has, where it was asked.
    """

    listed: frozenset[str] | None = None


class ModelBusy(ServiceError):
    """The service is handling another request for this model ("Upgrading custom models, Upgrade failures")."""

    permanent = False


class RequestRefused(ServiceError):
    """The service refuses the operation in the model's present state."""


class ModelDenied(RequestRefused):
    """The service says that it does not know a model that its list has: one of the two is wrong, for a while."""


class PlanRefused(RequestRefused):
    """The plan of the instance has no customization; now and then said of a plan that has."""


class ServiceUnavailable(ServiceError):
    """The service cannot be reached or asks to come back; nothing happened. *retry_after* is in seconds."""

    permanent = False


class OutcomeUnknown(ServiceError):
    """The request left us and no answer proves anything: it may have taken effect."""

    permanent = False


class AnswerUnreadable(ServiceError):
    """The answer is not what the service's documentation promises."""

    permanent = False


class RecordUnreadable(AnswerUnreadable):
    """A record that makes no sense; everything else of its instance can be read."""


class StoreUnavailable(RetuneError):
    """The database did not do what was asked. *cause* follows “because”; *done*: it was to note an effect.

    *passing*: it is only locked, and that ends by itself.
    """

    permanent = False

    def __init__(self, cause: str, *, done: bool = False, passing: bool = True) -> None:
        then = "it is done, but not noted: look first" if done else "nothing was changed"
        why = "" if passing else f", because {cause}"
        when = "in a moment" if passing else "when your operator has fixed that"
        super().__init__(f"The database does not answer{why}; {then}.{'' if done else f' Try again {when}.'}")
        self.cause = cause
        self.passing = passing


class ChartError(RetuneError):
    """A picture could not be drawn, or not in time. Nothing else is affected."""

    permanent = False


class ChatError(RetuneError):
    """Slack did not do what was asked; *code* is Slack's name for the reason, if it gave one."""

    def __init__(self, text: str, *, code: str | None = None, retry_after: float = 1.0) -> None:
        super().__init__(text)
        self.code = code
        self.retry_after = retry_after


class ChatRefused(ChatError):
    """Slack refuses and will refuse again."""


class ChannelShared(ChatRefused):
    """A channel is shared with another organization, so nothing of the fleet goes there. Logged where it is found."""

    def __init__(self, channel: str) -> None:
        super().__init__(
            f"The channel {channel} is shared with another organization, which would read the names of your models. "
            "Remove that organization from it, choose another channel, or set RETUNE_SHARED_CHANNEL=yes.",
            code="channel_shared",
        )


class ChannelClosed(ChatRefused):
    """A channel is archived, or the bot was removed from it. Logged where it is found."""


class MessageGone(ChatRefused):
    """A message, or the thread that a reply was for, is not there (any more).

    *stray* is the `ts` at which the reply landed outside its thread.
    """

    def __init__(self, text: str, *, code: str = "message_not_found", stray: str | None = None) -> None:
        super().__init__(text, code=code)
        self.stray = stray


class BlocksRefused(ChatRefused):
    """Slack does not take what a message holds."""


class ChatBusy(ChatError):
    """Slack asks to wait (*retry_after*, seconds) or is in trouble; nothing happened."""

    permanent = False


class ChatOutcomeUnknown(ChatError):
    """The request left us and no answer came back: the message, or its edit, may be there."""

    permanent = False
