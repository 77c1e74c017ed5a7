"""The world of the local service: instances, their base models and versions, and all custom models."""

from __future__ import annotations

import difflib
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.watson import bases
from sandbox.watson.bases import Deployment
from sandbox.watson.clock import Clock
from sandbox.watson.custom_models import CustomModel, Kind
from sandbox.watson.failures import Answers, Assumptions, Refused
from sandbox.watson.faults import Faults
from sandbox.watson.versions import VersionBook

AuthType = Literal["iam", "basic", "bearerToken", "cp4d", "noAuth"]

GUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The accepted credentials of one instance; *auth_type* as in IBM's SDK.

    An instance on IBM Cloud accepts its *apikey* both for an IAM token and as a basic password, and *bearer_token* as
    it is. A cluster gives tokens for *username* with *password* or *apikey*. `noAuth` needs none.
    """

    auth_type: AuthType
    apikey: str = ""
    username: str = ""
    password: str = ""
    bearer_token: str = ""


@dataclass(slots=True, eq=False)
class Instance:
    """One service instance. *id* is a GUID (IBM Cloud) or a number (cluster); *base_models* are those it offers.

    *improved* are the bases whose custom language models are upgraded by training. *plan* `lite` has no customization.
    """

    name: str
    deployment: Deployment
    id: str
    owner: str
    credentials: Credentials
    clock: Clock
    base_models: list[str] = field(default_factory=list)
    improved: set[str] = field(default_factory=set)
    plan: Literal["plus", "lite"] = "plus"
    turns: int = 0
    """How often the order of its base models changed."""
    versions: VersionBook = field(init=False)
    _models: dict[str, CustomModel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.versions = VersionBook(self.deployment)
        self.base_models = self.base_models or bases.served(self.deployment)
        self.improved = self.improved or set(bases.IMPROVED[self.deployment])

    @property
    def path(self) -> str:
        """The path of the service URL."""
        if self.deployment == "cloud":
            return f"/instances/{self.id}"
        return f"/speech-to-text/stt-release/instances/{self.id}/api"

    def models(self, kind: Kind) -> list[CustomModel]:
        """All custom models of one kind, in the order of their creation here."""
        return [model for model in self._present() if model.kind == kind]

    def everything(self) -> list[CustomModel]:
        """All custom models."""
        return self._present()

    def find(self, kind: Kind, id: str) -> CustomModel:
        """The custom model with that id. Raises `Refused` for a malformed or unknown id."""
        if not GUID.match(id):
            raise Refused("malformed_id", id=id)
        found = self._models.get(id.lower())
        if found is None or found.kind != kind or self._drop_if_gone(found):
            raise Refused("unknown_model")
        return found

    def add(self, model: CustomModel) -> None:
        """Add a new custom model."""
        self._models[model.customization_id] = model

    def remove(self, model: CustomModel) -> None:
        """Remove a custom model for good."""
        model.gone = True
        del self._models[model.customization_id]

    def _present(self) -> list[CustomModel]:
        return [model for model in list(self._models.values()) if not self._drop_if_gone(model)]

    def _drop_if_gone(self, model: CustomModel) -> bool:
        """Remove a model that was deleted meanwhile; only reading its status shows that."""
        if model.status and model.gone:
            del self._models[model.customization_id]
        return model.gone


class World:
    """Everything the local service knows. Times come from *clock*, faults from `faults`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.faults = Faults()
        self.answers = Answers()
        self.assumptions = Assumptions()
        self.instances: dict[str, Instance] = {}

    def instance(self, name: str) -> Instance:
        """The instance of that name. Raises `LookupError`."""
        if name not in self.instances:
            raise LookupError(f"no instance {name}; there are {', '.join(self.instances)}")
        return self.instances[name]

    def model(self, name_or_id: str) -> CustomModel:
        """The one custom model with that name or id, in any instance. Raises `LookupError`."""
        every = [model for instance in self.instances.values() for model in instance.everything()]
        found = [model for model in every if name_or_id in (model.name, model.customization_id)]
        if not found:
            near = difflib.get_close_matches(name_or_id, [model.name for model in every])
            raise LookupError(f"no custom model {name_or_id}; the nearest names are {', '.join(near) or 'none'}")
        if len(found) > 1:
            raise LookupError(f"{len(found)} custom models are called {name_or_id}: use the id")
        return found[0]

    def add_instance(self, name: str, deployment: Deployment, id: str, **settings: Any) -> Instance:
        """A new instance; *settings* are fields of `Instance`."""
        instance = Instance(name, deployment, id, clock=self.clock, **settings)
        self.instances[name] = instance
        return instance

    def add_model(
        self,
        instance: str,
        kind: Kind,
        name: str,
        base: str,
        *,
        versions: Iterable[str] | None = None,
        status: str = "available",
        id: str | None = None,
        created: float | None = None,
        description: str | None = None,
        language_model: str | None = None,
    ) -> CustomModel:
        """A custom model for test set-up, without the checks of the API; *versions* None means the newest.

        It has no data: put some into `data`. A previous-generation base is offered from now on.
        """
        place = self.instance(instance)
        born = self.clock.now() if created is None else created
        model = CustomModel(
            kind=kind,
            instance=instance,
            customization_id=(id or str(uuid.uuid4())).lower(),
            name=name,
            base_model_name=base,
            owner=place.owner,
            clock=self.clock,
            created_at=born,
            updated_at=born,
            description=description,
            dialect=bases.dialects(base)[0],
            language_model=language_model,
        )
        model.set_versions([place.versions.newest(base)] if versions is None else list(versions))
        model.set_status(status)
        if base not in place.base_models:
            place.base_models.append(base)
        place.add(model)
        return model

    def release(self, deployment_or_instance: str, base: str, version: str) -> None:
        """A newer version of *base* appears: in one instance, or in all of `cloud` or `cp4d`."""
        for instance in self._meant(deployment_or_instance):
            instance.versions.release(base, version)

    def remove_version(self, deployment_or_instance: str, version: str) -> None:
        """Stop serving *version*: models without a newer one are recognized without customization."""
        for instance in self._meant(deployment_or_instance):
            instance.versions.remove(version)

    def retire(self, deployment_or_instance: str, base: str) -> None:
        """*base* disappears from `GET /v1/models`."""
        for instance in self._meant(deployment_or_instance):
            if base in instance.base_models:
                instance.base_models.remove(base)

    def delete(self, name_or_id: str) -> None:
        """Delete a custom model as another client would."""
        model = self.model(name_or_id)
        self.instance(model.instance).remove(model)

    def set_status(self, name_or_id: str, status: str) -> None:
        """Put a custom model into *status*; `training` and `upgrading` then last forever."""
        self.model(name_or_id).set_status(status)

    def _meant(self, deployment_or_instance: str) -> list[Instance]:
        found = [
            instance
            for instance in self.instances.values()
            if deployment_or_instance in (instance.name, instance.deployment)
        ]
        if not found:
            raise LookupError(f"{deployment_or_instance} is no instance and no deployment that is there")
        return found
