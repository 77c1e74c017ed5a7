"""Custom language models: the calls on the model itself."""

from __future__ import annotations

from sandbox.watson.exchange import Exchange, Reply, Routes
from sandbox.watson.routes_models import common
from sandbox.watson.training import LanguageTraining, train_language
from sandbox.watson.upgrades import upgrade_language


async def train_language_model(x: Exchange) -> Reply:
    """`POST …/train`."""
    model = x.model("language")
    x.choice("word_type_to_add", "all", "user")
    asked = LanguageTraining(x.flag("strict", True), x.flag("force"), x.number("customization_weight", 0.0, 1.0))
    warnings = train_language(x.world, x.instance, model, asked)
    return Reply({"warnings": warnings} if warnings else {})


async def upgrade_language_model(x: Exchange) -> Reply:
    """`POST …/upgrade_model`."""
    upgrade_language(x.world, x.instance, x.model("language"))
    return Reply({})


_ONE = "/v1/customizations/{customization_id}"

ROUTES: Routes = {
    **common("language"),
    ("POST", f"{_ONE}/train"): train_language_model,
    ("POST", f"{_ONE}/upgrade_model"): upgrade_language_model,
}
