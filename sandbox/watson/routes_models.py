"""Base models, and the calls common to custom language and acoustic models: list, get, create, delete, reset."""

from __future__ import annotations

import uuid

from sandbox.watson import bases
from sandbox.watson.custom_models import CustomModel, Kind
from sandbox.watson.exchange import Exchange, Reply, Routes, text_field
from sandbox.watson.failures import Refused
from sandbox.watson.resources import JSON

MOST_MODELS = 1024
"""Custom models of each kind that one owner may have."""

_FORBIDDEN = frozenset("\\/:=&?")


async def list_models(x: Exchange) -> Reply:
    """`GET /v1/models`. IBM says that the order may change from call to call."""
    names = x.instance.base_models
    x.instance.turns += x.world.assumptions.bases_change_places
    at = x.instance.turns % max(1, len(names))
    return Reply({"models": [bases.describe(name, x.service_url) for name in (*names[at:], *names[:at])]})


async def get_model(x: Exchange) -> Reply:
    """`GET /v1/models/{model_id}`."""
    name = x.part("model_id")
    if name not in x.instance.base_models:
        raise Refused("unknown_base", base=name)
    return Reply(bases.describe(name, x.service_url))


ROUTES: Routes = {("GET", "/v1/models"): list_models, ("GET", "/v1/models/{model_id}"): get_model}


def _describe(x: Exchange, model: CustomModel) -> JSON:
    """*model* as the API shows it."""
    assumed = x.world.assumptions
    shown = model.describe(versions=assumed.empty_model_shows_versions or not model.data.empty)
    if model.kind == "acoustic" and not assumed.acoustic_error:
        shown.pop("error", None)
    return shown


def _listed(x: Exchange, kind: Kind) -> Reply:
    """All custom models of one kind, or those of one `language`."""
    wanted = x.query.get("language")
    found = [model for model in x.instance.models(kind) if wanted in (None, model.language)]
    return Reply({"customizations": [_describe(x, model) for model in found]})


async def _create(x: Exchange, kind: Kind) -> Reply:
    """A new, empty custom model on the newest version of its base."""
    body = await x.json()
    name = text_field(body, "name", required=True) or ""
    base = text_field(body, "base_model_name", required=True) or ""
    description = text_field(body, "description")
    _check_name(x, kind, name)
    if description is not None and len(description) > 128:
        raise Refused("invalid_description")
    if base not in x.instance.base_models:
        raise Refused("unknown_base", base=base)
    allowed = bases.takes_language_models if kind == "language" else bases.takes_acoustic_models
    if not allowed(base):
        raise Refused("not_customizable", base=base)
    dialect = (text_field(body, "dialect") or "").lower() if kind == "language" else ""
    if dialect and dialect not in [one.lower() for one in bases.dialects(base)]:
        raise Refused("invalid_dialect", dialect=dialect, base=base)
    if len(x.instance.models(kind)) >= MOST_MODELS:
        raise Refused("too_many_models")
    model = x.world.add_model(
        x.instance.name, kind, name, base, status="pending", id=str(uuid.uuid4()), description=description
    )
    return Reply({"customization_id": model.customization_id}, 201)


def _delete(x: Exchange, kind: Kind) -> Reply:
    """Deletes a custom model for good."""
    model = x.model(kind)
    model.refuse_if_busy()
    x.instance.remove(model)
    return Reply({})


def _reset(x: Exchange, kind: Kind) -> Reply:
    """Remove all contents of a custom model."""
    model = x.model(kind)
    model.refuse_if_busy()
    model.reset()
    return Reply({})


def _check_name(x: Exchange, kind: Kind, name: str) -> None:
    if len(name) > 256:
        raise Refused("invalid_name", why="at most 256 characters")
    if bad := _FORBIDDEN.intersection(name):
        raise Refused("invalid_name", why=f"it must not contain {' '.join(sorted(bad))}")
    taken = not x.world.assumptions.equal_names and any(model.name == name for model in x.instance.models(kind))
    if taken:
        raise Refused("name_taken", name=name)


def common(kind: Kind) -> Routes:
    """The calls common to language and acoustic models."""

    async def listing(x: Exchange) -> Reply:
        return _listed(x, kind)

    async def creating(x: Exchange) -> Reply:
        return await _create(x, kind)

    async def reading(x: Exchange) -> Reply:
        return Reply(_describe(x, x.model(kind)))

    async def deleting(x: Exchange) -> Reply:
        return _delete(x, kind)

    async def resetting(x: Exchange) -> Reply:
        return _reset(x, kind)

    every = "/v1/customizations" if kind == "language" else "/v1/acoustic_customizations"
    one = f"{every}/{{customization_id}}"
    return {
        ("GET", every): listing,
        ("POST", every): creating,
        ("GET", one): reading,
        ("DELETE", one): deleting,
        ("POST", f"{one}/reset"): resetting,
    }
