"""The replies that stay in a run's thread: a step that is proven, and the end with its proof or its reason."""

from __future__ import annotations

from bot.domain.runs import Run, RunState, StepRecord, StepState
from bot.messages.card import title
from bot.messages.kit import actions, button, confirm, section
from bot.messages.proof import became, shows_no_version
from bot.messages.steps import check_button, noun, step_text
from bot.messages.text import code, escape
from bot.ports import Block, Message


def step_done(run: Run, record: StepRecord) -> Message:
    """A reply when a step that is not the last one is over: proven, not needed, or not possible this way."""
    what = became(record.result)
    sign = ":white_check_mark:" if what == "done" else ":heavy_minus_sign:"
    text = f"Step {record.number} of {len(run.steps)} {what}: {step_text(record.step)}. {escape(record.result)}"
    return Message(text, (section(f"{sign} {text}"),))


def ending(run: Run) -> Message:
    """The last reply: what happened, what proves it, what it means. People are mentioned here, once."""
    people = [run.requester]
    if run.state in (RunState.DONE, RunState.FAILED):
        people += [voter for voter in run.approved_by if voter != run.requester]
    mentions = " ".join(f"<@{id}>" for id in people)
    model = run.plan.model
    if run.state is RunState.DONE:
        proofs = " ".join(record.result for record in run.steps if record.step.ref == model.ref)
        if shows_no_version(run):
            text = (
                f"{mentions} *done*: {code(model.name)} is trained, and *no newer version is shown*. "
                f"{escape(proofs or run.outcome, 1500)} Nobody can say from this that the upgrade took place; a "
                "warning of recognition would show that it did not."
            )
            return Message(text, (section(f":grey_question: {text}"), actions([check_button(model)])))
        if run.plan.is_training:
            text = f"{mentions} *done*: {code(model.name)} is trained. {escape(proofs or run.outcome, 1500)}"
            return Message(text, (section(f":white_check_mark: {text}"),))
        text = (
            f"{mentions} *done*: {code(model.name)} is upgraded. {escape(proofs or run.outcome, 1500)}\n"
            "Recognition uses the newest version by default. To compare or go back for a while, pass "
            f"`base_model_version={escape(run.plan.have or 'the older version')}`; that works only until IBM removes "
            "the old version, and the older version of the model can no longer be changed or trained."
        )
        if run.plan.drops_weight:
            text += (
                "\nThe model now uses improved customization: a saved `customization_weight` is gone and the default "
                "is 0.1. IBM advises to test with the defaults first."
            )
        buttons = [check_button(model)]
        if run.plan.trains_after:
            text += "\nIts newest data is still untrained; recognition takes it again after the training."
            buttons = [button("Train…", "train", model.ref, label=f"Ask for the training of {model.name}")]
        return Message(text, (section(f":white_check_mark: {text}"), actions(buttons)))
    if run.state is RunState.FAILED:
        text = f"{mentions} *failed*: {code(model.name)}. {escape(run.outcome, 1500)}"
        return Message(text, (section(f":x: {text}"), actions([retry_button(run)])))
    text = f"{mentions} {title(run)}. {escape(run.outcome, 1500)}".rstrip()
    if run.state in (RunState.CHANGED, RunState.EXPIRED):
        action = "train" if run.plan.is_training else "ask"
        new = button("Look at the new plan…", action, model.ref, label=f"Look at the new plan for {model.name}")
        return Message(text, (section(text), actions([new])))
    return Message(text, (section(text),))


def retry_button(run: Run) -> Block:
    """Takes a failed run up again; the click of an approver is the one approval that this needs."""
    first = next((record.number for record in run.steps if record.state is not StepState.DONE), len(run.steps))
    kept = f" Steps before {first} are kept." if first > 1 else ""
    return button(
        "Try again…",
        "wish:retry",
        f"retry {run.id}",
        label=f"Try the {noun(run.plan)} of {run.plan.model.name} again",
        confirm=confirm(
            "Try again?",
            f"{run.plan.model.name}: from step {first} of {len(run.steps)}, with your approval.{kept} An upgrade "
            "cannot be undone.",
            "Approve and try",
        ),
    )
