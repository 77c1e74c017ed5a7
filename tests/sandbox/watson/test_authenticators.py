"""IBM's authenticators, and what is refused to whom."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace

import pytest
import requests
from ibm_cloud_sdk_core import ApiException
from ibm_cloud_sdk_core.authenticators import (
    Authenticator,
    BasicAuthenticator,
    BearerTokenAuthenticator,
    CloudPakForDataAuthenticator,
    IAMAuthenticator,
    NoAuthAuthenticator,
)
from ibm_watson import SpeechToTextV1

from sandbox.watson.server import SpeechServer
from sandbox.watson.state import AuthType, Credentials
from tests.sandbox.watson.conftest import Client, MovedClock


def names(server: SpeechServer, instance: str, authenticator: Authenticator | None) -> list[str]:
    """The names of the language models; *authenticator* None takes the one that the environment describes."""
    client = SpeechToTextV1(authenticator, service_name=instance)
    with closing(client.http_client):
        client.set_service_url(server.service_url(instance))
        return [model["name"] for model in client.list_language_models().get_result()["customizations"]]


@pytest.fixture
def environment(speech: SpeechServer, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables that the service gives out, set."""
    found = speech.environment()
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


async def test_environment_opens_all_instances(speech: SpeechServer, environment: dict[str, str]) -> None:
    """IBM's SDK finds URL and authenticator of each instance in the environment that the service describes."""
    assert environment["RETUNE_INSTANCES"] == "speech-to-text,stt-frankfurt,stt-cluster"
    for instance, model in (
        ("speech-to-text", "call-center-us"),
        ("stt-frankfurt", "service-de"),
        ("stt-cluster", "ward-notes-ja"),
    ):
        client = await asyncio.to_thread(SpeechToTextV1, service_name=instance)
        with closing(client.http_client):
            listed = await asyncio.to_thread(client.list_language_models)
        assert model in [one["name"] for one in listed.get_result()["customizations"]]


@pytest.mark.parametrize("auth_type", ["iam", "basic", "bearerToken", "noAuth"])
async def test_every_type_for_a_cloud_instance(
    speech: SpeechServer, monkeypatch: pytest.MonkeyPatch, auth_type: AuthType
) -> None:
    """An instance may be set to any type of authentication, and its environment says which."""
    instance = speech.world.instance("stt-frankfurt")
    instance.credentials = Credentials(auth_type, apikey="key-of-frankfurt", bearer_token="token-of-frankfurt")
    for name, value in speech.environment().items():
        monkeypatch.setenv(name, value)
    assert "service-de" in await asyncio.to_thread(names, speech, "stt-frankfurt", None)


async def test_cluster_takes_password_and_api_key(speech: SpeechServer) -> None:
    """Cloud Pak for Data gives a token for user name with password, and with API key."""
    instance = speech.world.instance("stt-cluster")
    instance.credentials = replace(instance.credentials, apikey="key-of-the-cluster")
    url = f"{speech.url}/icp4d-api"
    for authenticator in (
        CloudPakForDataAuthenticator("speech-admin", "sandbox-cluster-password", url=url),
        CloudPakForDataAuthenticator("speech-admin", apikey="key-of-the-cluster", url=url),
    ):
        assert "archive-es" in await asyncio.to_thread(names, speech, "stt-cluster", authenticator)
    assert speech.tokens.issued == 2


@pytest.mark.parametrize(
    ("authenticator", "status"),
    [
        (BasicAuthenticator("apikey", "wrong"), 401),
        (BasicAuthenticator("somebody", "sandbox-dallas-W3xq0tYbWm2v5JkQe8nLrC7u"), 401),
        (BasicAuthenticator("apikey", "sandbox-frankfurt-p9Zs4hRk1dXc6VfGy3Tb7oNm"), 403),
        (BearerTokenAuthenticator("no.such.token"), 401),
        (NoAuthAuthenticator(), 401),
    ],
)
async def test_wrong_credentials(speech: SpeechServer, authenticator: Authenticator, status: int) -> None:
    """Wrong or missing credentials are 401; those of another instance 403."""
    with pytest.raises(ApiException) as refused:
        await asyncio.to_thread(names, speech, "speech-to-text", authenticator)
    assert refused.value.status_code == status


async def test_token_endpoints_refuse_wrong_secrets(speech: SpeechServer) -> None:
    """IAM answers 400 with its own error fields, a cluster 401."""
    with pytest.raises(ApiException) as iam:
        await asyncio.to_thread(names, speech, "speech-to-text", IAMAuthenticator("wrong", url=speech.url))
    assert iam.value.status_code == 400
    assert iam.value.http_response.json()["errorCode"] == "BXNIM0415E"
    cluster = CloudPakForDataAuthenticator("speech-admin", "wrong", url=f"{speech.url}/icp4d-api")
    with pytest.raises(ApiException) as refused:
        await asyncio.to_thread(names, speech, "stt-cluster", cluster)
    assert refused.value.status_code == 401


async def test_tokens_expire(speech: SpeechServer, ask: Client, moved: MovedClock) -> None:
    """A token is good for an hour, and no longer than the switch that expires all of them."""
    form = {
        "grant_type": "urn:ibm:params:oauth:grant-type:apikey",
        "apikey": speech.world.instance("speech-to-text").credentials.apikey,
    }

    async def token() -> dict[str, str]:
        answer = await ask("POST", f"{speech.url}/identity/token", auth=False, data=form)
        assert answer.body["expires_in"] == 3600
        return {"Authorization": f"Bearer {answer.body['access_token']}"}

    first = await token()
    moved.advance(3599)
    assert (await ask("GET", "/v1/models", auth=False, headers=first)).status == 200
    moved.advance(2)
    assert (await ask("GET", "/v1/models", auth=False, headers=first)).status == 401
    second = await token()
    speech.faults.expire_tokens()
    assert (await ask("GET", "/v1/models", auth=False, headers=second)).status == 401
    assert (await ask("GET", "/v1/models", auth=False, headers=await token())).status == 200


async def test_cluster_takes_no_basic_key(speech: SpeechServer) -> None:
    """A cluster wants a bearer token."""
    url = speech.service_url("stt-cluster") + "/v1/models"
    answer = await asyncio.to_thread(requests.get, url, auth=("apikey", "any"), timeout=5)
    assert answer.status_code == 401


async def test_unknown_instance_is_forbidden(speech: SpeechServer, ask: Client) -> None:
    """A URL of an instance that does not exist is no way to learn anything."""
    answer = await ask("GET", f"{speech.url}/instances/00000000-0000-4000-8000-000000000000/v1/models")
    assert answer.status == 403
