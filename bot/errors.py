"""All expected errors.

RetuneError                     `text` is for the person, `permanent` says whether trying again can help
├── Refusal                     asked for something that cannot be; the text says what to do instead
│   ├── UnknownModel            no model of that name; carries the nearest, so that a reply can offer buttons
│   ├── DeletedModel            its instance does not know it any more
│   ├── AmbiguousModel          several models fit; carries them, so that a reply can offer buttons
│   ├── NothingMatches          no model, or no request, matches the filter of an export
│   ├── OverBudget              this person used up what they may of something that costs others
│   ├── Denied                  this person may not do it; carries what the audit notes
│   └── InputsRefused           faulty inputs in a form; carries a text for each of them
├── SettingsError               faulty settings, all reported at once
│   └── DatabaseUnusable        the file cannot be opened, or must not be
├── CatalogError                the catalog of base models cannot be read
├── ServiceError                Speech to Text; carries instance, HTTP status and transaction id for IBM support
│   ├── CredentialsRefused      401/403 because of the credentials
│   ├── ModelGone               the service does not know the id, and its list, which works, lacks it
│   ├── ModelBusy               409: the service handles another request for this model
│   ├── RequestRefused          400 and other refusals: the model's state does not allow the operation
│   │   ├── ModelDenied         the service does not know a model but lists it
│   │   └── PlanRefused         the plan of the instance has no customization
│   ├── ServiceUnavailable      can't be reached, or can't answer now: nothing happened
│   ├── OutcomeUnknown          a request was sent, no answer is conclusive: check before repeating it
│   └── AnswerUnreadable        the answer does not match the documentation
│       └── RecordUnreadable    one unreadable record in a readable answer
├── StoreUnavailable            the database does not answer in time, or not at all: nothing was changed
├── ChartError                  a picture could not be drawn; its message goes without
└── ChatError                   Slack
    ├── ChatRefused             Slack says no and will say no again; carries Slack's error name
    │   ├── ChannelShared       another organization can read the channel; logged by the finder
    │   ├── ChannelClosed       a channel is archived, or the bot is not in it; logged by the finder
    │   ├── MessageGone         the message, or the thread of a reply, is missing; carries where the reply landed
    │   └── BlocksRefused       Slack does not accept a message, not even in its shortest form
    ├── ChatBusy                rate limited or in trouble; carries how long to wait
    └── ChatOutcomeUnknown      a post or edit was sent and its answer lost: it may be there
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class RetuneError(Exception):
    """An expected fault.

    *text* is for the person who caused or must fix it: plain words, not escaped yet. *permanent* is true if the same
    attempt can't succeed until something is changed.
    """

    permanent = True

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Refusal(RetuneError):
    """An impossible request; the text says what to do instead.

    *markup*: the text is Slack markup, already escaped.
    """

    def __init__(self, text: str, *, markup: bool = False) -> None:
        super().__init__(text)
        self.markup = markup


class UnknownModel(Refusal):
    """No custom model matches what was typed; *nearest* are the nearest names, by the references of their models."""

    def __init__(self, typed: str, nearest: Mapping[str, str]) -> None:
        hint = f" Did you mean {' or '.join(nearest.values())}?" if nearest else ""
        super().__init__(f"No custom model is called “{typed}”.{hint} /stt-models lists all of them.")
        self.typed = typed
        self.refs = tuple(nearest)


class DeletedModel(Refusal):
    """A custom model that its instance no longer has."""


class AmbiguousModel(Refusal):
    """Several custom models match the typed text; *refs* are the references of the first of *count* (None: of all)."""

    def __init__(self, typed: str, refs: Sequence[str], count: int | None = None) -> None:
        number = len(refs) if count is None else count
        super().__init__(f"“{typed}” matches {number} custom models. Choose one, or type its whole name or id.")
        self.refs = tuple(refs)


class NothingMatches(Refusal):
    """There is nothing to export: no model, or no request, matches the filter."""


class OverBudget(Refusal):
    """A person used up their budget of a shared resource for now."""


class Denied(Refusal):
    """A person may not do this; *note* is for the audit. The text is Slack markup."""

    def __init__(self, text: str, note: str) -> None:
        super().__init__(text, markup=True)
        self.note = note


class InputsRefused(Refusal):
    """Faulty inputs in a form; *faults* has a text for each of them, by block id."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


class SettingsError(RetuneError):
    """The settings can't be used; *faults* has one line for each fault."""

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

    *detail* is the sentence in its answer (untrusted: quote it), *ours* the text without both, *transaction* the id for
    IBM support.
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
    """The instance does not have this id: deleted, or owned by another instance.

    *listed* are the ids in its list of that kind, if it was read.
    """

    listed: frozenset[str] | None = None


class ModelBusy(ServiceError):
    """The service is handling another request for this model ("Upgrading custom models, Upgrade failures")."""

    permanent = False


class RequestRefused(ServiceError):
    """The service refuses the operation in the model's current state."""


class ModelDenied(RequestRefused):
    """The service says that it does not have a model that its list has: for a while, one of the two is wrong."""


class PlanRefused(RequestRefused):
    """The plan of the instance has no customization; sometimes said of a plan that has."""


class ServiceUnavailable(ServiceError):
    """The service cannot be reached or asks to come back; nothing happened. *retry_after* is in seconds."""

    permanent = False


class OutcomeUnknown(ServiceError):
    """The request was sent and no answer is conclusive: it may have taken effect."""

    permanent = False


class AnswerUnreadable(ServiceError):
    """The answer does not match the service's documentation."""

    permanent = False


class RecordUnreadable(AnswerUnreadable):
    """An unreadable record; everything else of its instance is readable."""


class StoreUnavailable(RetuneError):
    """The database did not do what was asked. *cause* follows “because”; *done*: it was to record something already
    done.

    *passing*: it is only locked, which ends by itself.
    """

    permanent = False

    def __init__(self, cause: str, *, done: bool = False, passing: bool = True) -> None:
        then = "it is done, but not recorded: check first" if done else "nothing was changed"
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
    """A channel is shared with another organization, so the fleet is not shown there. Logged by the finder."""

    def __init__(self, channel: str) -> None:
        super().__init__(
            f"The channel {channel} is shared with another organization, which would read the names of your models. "
            "Remove that organization from it, choose another channel, or set RETUNE_SHARED_CHANNEL=yes.",
            code="channel_shared",
        )


class ChannelClosed(ChatRefused):
    """A channel is archived, or the bot was removed from it. Logged by the finder."""


class MessageGone(ChatRefused):
    """A message, or the thread of a reply, is missing.

    *stray* is the `ts` of a reply that landed outside its thread.
    """

    def __init__(self, text: str, *, code: str = "message_not_found", stray: str | None = None) -> None:
        super().__init__(text, code=code)
        self.stray = stray


class BlocksRefused(ChatRefused):
    """Slack does not accept a message's content."""


class ChatBusy(ChatError):
    """Slack asks to wait (*retry_after*, seconds) or is in trouble; nothing happened."""

    permanent = False


class ChatOutcomeUnknown(ChatError):
    """The request was sent and no answer came: the message, or its edit, may be there."""

    permanent = False
