"""Custom language models: the calls on the model itself."""

from __future__ import annotations

from sandbox.watson import routes_models
from sandbox.watson.exchange import Exchange, Reply, Routes
from sandbox.watson.training import LanguageTraining, train_language
from sandbox.watson.upgrades import upgrade_language


async def list_language_models(x: Exchange) -> Reply:
    """`GET /v1/customizations`."""
    return routes_models.listed(x, "language")


async def create_language_model(x: Exchange) -> Reply:
    """`POST /v1/customizations`."""
    return await routes_models.create(x, "language")


async def get_language_model(x: Exchange) -> Reply:
    """`GET /v1/customizations/{customization_id}`."""
    return Reply(routes_models.describe(x, x.model("language")))


async def delete_language_model(x: Exchange) -> Reply:
    """`DELETE /v1/customizations/{customization_id}`."""
    return routes_models.delete(x, "language")


async def train_language_model(x: Exchange) -> Reply:
    """`POST …/train`; clusters take `force` for an unknown parameter, unless told otherwise."""
    model = x.model("language")
    x.choice("word_type_to_add", "all", "user")
    force = x.flag("force")
    if x.instance.deployment == "cp4d" and x.world.assumptions.cluster_honours_force:
        force = x.request.query.get("force", "").lower() == "true"
    asked = LanguageTraining(x.flag("strict", True), force, x.number("customization_weight", 0.0, 1.0))
    warnings = train_language(x.world, x.instance, model, asked)
    return Reply({"warnings": warnings} if warnings else {})


async def reset_language_model(x: Exchange) -> Reply:
    """`POST …/reset`."""
    return routes_models.reset(x, "language")


async def upgrade_language_model(x: Exchange) -> Reply:
    """`POST …/upgrade_model`."""
    upgrade_language(x.world, x.instance, x.model("language"))
    return Reply({})


_ONE = "/v1/customizations/{customization_id}"

ROUTES: Routes = {
    ("GET", "/v1/customizations"): list_language_models,
    ("POST", "/v1/customizations"): create_language_model,
    ("GET", _ONE): get_language_model,
    ("DELETE", _ONE): delete_language_model,
    ("POST", f"{_ONE}/train"): train_language_model,
    ("POST", f"{_ONE}/reset"): reset_language_model,
    ("POST", f"{_ONE}/upgrade_model"): upgrade_language_model,
}
