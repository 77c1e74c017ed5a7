"""Why a model cannot be shown, found or checked, and what to do instead."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.fleet import InstanceReading, Model

STARTING = "Retune is just starting. Try again in a second."
GONE = "That model is not known any more. /stt-models lists all of them."
TOO_LATE = "That took too long to open a form. Try again."


def not_configured(instance: str) -> str:
    """Its instance is in no setting."""
    return f"The instance {instance} is not configured any more. Add it to RETUNE_INSTANCES again."


def deleted(instance: str) -> str:
    """The instance does not know the model any more."""
    return f"That model is not in {instance} any more; somebody deleted it."


def not_read_yet(typed: str, unread: Iterable[InstanceReading]) -> str:
    """No model fits, and not every instance was read yet."""
    said = [
        f"{reading.name} was never read and cannot be read now: {reading.failure}"
        if reading.failing_since is not None
        else f"{reading.name} is still being read for the first time; try again in a moment."
        for reading in unread
    ]
    return f"“{typed}” is not known yet. {' '.join(said)}"


def which_model(command: str) -> str:
    """No name was typed."""
    return f"Which model? Type its name or id, for example: /stt-{command} call-center-us"


def not_available(model: Model) -> str:
    """Recognition would refuse it."""
    return f"{model.name} has the status {model.status}. Recognition takes only available models; train it first."
