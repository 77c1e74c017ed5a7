"""The way of every request: all six clients through the proxy or past it, by one rule; trust; redirects; plain text."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from bot.adapters.ibm_auth import IbmAuth
from bot.adapters.slack import SlackChat
from bot.adapters.slack_app import Self, bolt
from bot.adapters.slack_calls import call, session, web_client
from bot.adapters.sockets import Sockets
from bot.adapters.watson import WatsonSpeech
from bot.adapters.watson_routes import client
from bot.domain.plans import Action
from bot.errors import (
    ChatBusy,
    ChatError,
    ChatOutcomeUnknown,
    ChatRefused,
    CredentialsRefused,
    RequestRefused,
    ServiceUnavailable,
)
from bot.ports import Message, Place
from bot.settings import Settings, authenticator, load
from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer
from tests.between import settings_between
from tests.contract.forwarding import OWN_AUTHORITY, ForwardProxy, forward_proxy, tls_front

MANIFEST = Path(__file__).parents[2] / "app-manifest.yml"
ADA, CHANNEL = "U0ADA", "C0SPEECH"
HELLO = Message("Hello.", ())
PASSWORD = "hush-hush"


@dataclass
class Company:
    """Both services, the settings of a bot, and a proxy."""

    speech: SpeechServer
    slack: SlackServer
    proxy: ForwardProxy
    patch: pytest.MonkeyPatch

    def settings(self) -> Settings:
        return load(None)

    async def everything(self) -> None:
        """One request of each of the six clients."""
        settings = self.settings()
        async with client(True) as http:
            stt = WatsonSpeech("speech-to-text", "cloud", http, settings.instances["speech-to-text"].url, self.auth())
            assert await stt.models("language")  # the service, and its token service
        async with session() as http:
            api = web_client(settings.bot_token.reveal(), settings.slack_api_url, http)
            chat = SlackChat(api, http, settings.slack_api_url)
            told = await call(api.auth_test())
            await self.slack.send(ADA, CHANNEL, "/stt-help")
            address = self.slack.api_url.replace("/api/", "/unknown-response")
            with pytest.raises(ChatRefused):
                await chat.whisper(Place(ADA, CHANNEL, response_url=address), HELLO)
            await chat.upload(CHANNEL, "a.txt", b"abc", title="A")
            assert settings.app_token is not None
            me = Self(told["team_id"], told["user_id"], told["bot_id"], None)
            sockets = Sockets(bolt(api, me), settings.app_token.reveal())
            await sockets.connect()
            assert self.slack.connections == 2
            await sockets.close()

    def auth(self) -> IbmAuth:
        return IbmAuth(authenticator("speech-to-text"))


@pytest.fixture
async def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Company]:
    """A network with a proxy that wants a name and a password."""
    async with (
        SpeechServer() as speech,
        SlackServer(MANIFEST) as slack,
        forward_proxy(f"ada:{PASSWORD}") as proxy,
    ):
        for name, value in {
            **settings_between(speech, slack, tmp_path),
            "HTTP_PROXY": f"http://ada:{PASSWORD}@127.0.0.1:{proxy.port}",
            "IBM_CREDENTIALS_FILE": "/dev/null",
        }.items():
            monkeypatch.setenv(name, value)
        yield Company(speech, slack, proxy, monkeypatch)


async def test_a_goodbye_that_nobody_answers(company: Company, monkeypatch: pytest.MonkeyPatch):
    """aiohttp waits ten seconds for one; sockets are closed without."""
    company.patch.delenv("HTTP_PROXY")
    settings = company.settings()
    async with session() as http:
        api = web_client(settings.bot_token.reveal(), settings.slack_api_url, http)
        sockets = Sockets(bolt(api, Self("T", "U", "B", None)), company.slack.app_token)
        await sockets.connect()
        for handler in sockets._handlers:
            monkeypatch.setattr(handler.client, "disconnect", partial(_hang, handler.client.disconnect))
        async with asyncio.timeout(5):
            await sockets.close()
        await company.slack.until(lambda: company.slack.connections == 0)


async def _hang(close: Callable[[], Awaitable[None]]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await close()


ALL = ("/customizations", "/identity/token", "/api/auth.test", "/link", "/unknown-response", "/upload/")


async def test_all_go_through_the_proxy(company: Company):
    """The service, its tokens, the Web API, sockets, `response_url`, uploads."""
    await company.everything()
    for part in ALL:
        assert part in company.proxy.paths(), part


@pytest.mark.parametrize("rule", ["127.0.0.1", "127.0.0.0/8", "other.com 127.0.0.1", "*"])
async def test_all_go_past_the_proxy(company: Company, rule: str):
    """What `NO_PROXY` names is reached directly."""
    company.patch.setenv("NO_PROXY", rule)
    await company.everything()
    assert company.proxy.seen == []


async def test_a_port_in_no_proxy(company: Company):
    """Counts for all alike: here Slack goes direct, and Speech to Text does not."""
    company.patch.setenv("NO_PROXY", company.slack.api_url.split("/")[2])
    await company.everything()
    for part in ALL:
        assert (part in company.proxy.paths()) == (part in ("/customizations", "/identity/token")), part


async def test_a_proxy_that_refuses(company: Company, caplog: pytest.LogCaptureFixture):
    """Is named as the reason, and its password is in no text and in no log."""
    company.patch.setenv("HTTP_PROXY", f"http://ada:{PASSWORD}x@127.0.0.1:{company.proxy.port}")
    settings, texts = company.settings(), []
    caplog.set_level(logging.DEBUG, "bot")
    async with client(True) as http, session() as slack:
        stt = WatsonSpeech("speech-to-text", "cloud", http, settings.instances["speech-to-text"].url, company.auth())
        with pytest.raises(ServiceUnavailable) as caught:
            await stt.models("language")
        texts.append(caught.value.text)
        api = web_client(settings.bot_token.reveal(), settings.slack_api_url, slack)
        with pytest.raises(ChatError) as refused:
            await call(api.auth_test())
        texts.append(refused.value.text)
    assert PASSWORD not in "".join(texts) + caplog.text


async def test_a_proxy_that_refuses_a_tunnel(company: Company):
    """Nothing was sent, so nothing can have begun; both say that it is the proxy."""
    company.patch.setenv("HTTPS_PROXY", f"http://ada:{PASSWORD}x@127.0.0.1:{company.proxy.port}")
    async with client(True) as http, session() as slack:
        stt = WatsonSpeech("stt-x", "cloud", http, "https://stt.example.com", httpx.Auth())
        with pytest.raises(ServiceUnavailable) as caught:
            await stt.begin(Action.UPGRADE, "language", "id")
        assert "407" in caught.value.text
        assert "HTTPS_PROXY" in caught.value.text
        api = web_client("xoxb-1", "https://slack.com/api/", slack)
        with pytest.raises(ChatBusy, match="407") as refused:
            await call(api.auth_test(), writes=True)
    assert PASSWORD not in caught.value.text + refused.value.text


@pytest.mark.parametrize("proxied", [False, True])
async def test_an_own_authority(company: Company, proxied: bool):
    """`SSL_CERT_FILE` and `REQUESTS_CA_BUNDLE` are trusted by all; a fault is named with what to set."""
    certificate, _ = OWN_AUTHORITY
    company.patch.setenv(
        "HTTPS_PROXY" if proxied else "UNUSED", f"http://ada:{PASSWORD}@127.0.0.1:{company.proxy.port}"
    )
    async with (
        tls_front(company.speech.url, OWN_AUTHORITY) as speech,
        tls_front(company.slack.api_url, OWN_AUTHORITY) as slack,
    ):
        url = company.settings().instances["speech-to-text"].url.replace(company.speech.url, speech)
        api_url = f"{slack}/api/"
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", None):
            if name is not None:
                company.patch.setenv(name, str(certificate))
            company.patch.setenv("SPEECH_TO_TEXT_AUTH_URL", speech)
            async with client(True) as http, session() as plain:
                stt = WatsonSpeech("speech-to-text", "cloud", http, url, company.auth())
                api = web_client(company.slack.bot_token, api_url, plain)
                if name is not None:
                    assert await stt.models("language")
                    assert await call(api.auth_test())
                    company.patch.delenv(name)
                    continue
                with pytest.raises(ServiceUnavailable) as caught:
                    await stt.models("language")
                assert "SPEECH_TO_TEXT_AUTH_DISABLE_SSL=true" in caught.value.text
                company.patch.setenv("SPEECH_TO_TEXT_AUTH_DISABLE_SSL", "true")
                stt = WatsonSpeech("speech-to-text", "cloud", http, url, company.auth())
                with pytest.raises(ServiceUnavailable) as caught:
                    await stt.models("language")
                assert "its TLS certificate is not trusted (self-signed certificate)" in caught.value.text
                assert "REQUESTS_CA_BUNDLE" in caught.value.text
                assert "SPEECH_TO_TEXT_DISABLE_SSL=true" in caught.value.text
                with pytest.raises(ChatBusy) as refused:
                    await call(api.auth_test())
                assert "Its TLS certificate is not trusted" in refused.value.text
                async with client(False) as lenient:
                    stt = WatsonSpeech("speech-to-text", "cloud", lenient, url, company.auth())
                    assert await stt.models("language")
    assert any(method == "CONNECT" for method, _ in company.proxy.seen) == proxied


@pytest.fixture
async def elsewhere() -> AsyncIterator[tuple[str, list[str]]]:
    """A server that redirects everything to itself, and what was asked of it at the place it points to."""
    found: list[str] = []

    async def take(request: web.Request) -> web.Response:
        if request.path == "/elsewhere":
            found.append(f"{request.method} {request.headers.get('Authorization')} {await request.text()}")
        return web.Response(status=int(request.query.get("status", 307)), headers={"Location": "/elsewhere"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", found
    await runner.cleanup()


async def test_redirects_are_not_followed(company: Company, elsewhere: tuple[str, list[str]]):
    """By none of the clients: credentials and content stay, and the person is told."""
    url, found = elsewhere
    company.patch.delenv("HTTP_PROXY")
    auth = company.auth()
    async with client(True) as http, session() as slack:
        stt = WatsonSpeech("speech-to-text", "cloud", http, url, auth)
        with pytest.raises(RequestRefused) as moved:
            await stt.models("language")
        assert "a redirect, which is never followed" in moved.value.text
        assert "SPEECH_TO_TEXT_URL" in moved.value.text
        company.patch.setenv("SPEECH_TO_TEXT_AUTH_URL", url)
        stt = WatsonSpeech("speech-to-text", "cloud", http, company.speech.url, company.auth())
        with pytest.raises(ServiceUnavailable) as lost:
            await stt.models("language")
        assert "a redirect, which is never followed" in lost.value.text
        api = web_client("xoxb-1", f"{url}/api/", slack)
        chat = SlackChat(api, slack, f"{url}/api/")
        with pytest.raises(ChatBusy, match="SLACK_API_URL"):
            await call(api.auth_test())
        with pytest.raises(ChatOutcomeUnknown, match="never followed"):
            await chat.post(CHANNEL, HELLO, key="k")
        with pytest.raises(ChatBusy, match="never followed"):
            await chat.whisper(Place(ADA, CHANNEL, response_url=f"{url}/response"), HELLO)
    assert found == []


async def test_key_and_url_of_two_regions(company: Company):
    """The service knows the key and not the instance: the region of the URL is named."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"code": 403, "error": "Forbidden"})

    url = "https://api.eu-de.speech-to-text.watson.cloud.ibm.com/instances/x"
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        with pytest.raises(CredentialsRefused, match="of the region eu-de: key and URL must be of one instance"):
            await WatsonSpeech("stt-x", "cloud", http, url, httpx.Auth()).models("language")


async def test_plain_text_to_another_machine(company: Company):
    """Is not sent, whoever gave the address; nor is anything to a host that is not Slack's."""
    company.patch.delenv("HTTP_PROXY")
    async with session() as http:
        api = web_client("xoxb-1", "http://slack.example.com/api/", http)
        with pytest.raises(ChatBusy, match="SLACK_ALLOW_HTTP=yes"):
            await call(api.auth_test(), writes=True)
    async with session() as http:
        for api_url in ("https://slack.com/api/", "https://slack-gov.com/api/"):
            chat = SlackChat(web_client("xoxb-1", api_url, http), http, api_url)
            for host in ("evilslack.com", "hooks.slack.com.example.com", "127.0.0.1:1"):
                with pytest.raises(ChatRefused, match="not Slack's"):
                    await chat.whisper(Place(ADA, CHANNEL, response_url=f"https://{host}/x"), HELLO)
            for host in ("hooks.slack.com", "hooks.slack-gov.com"):
                with pytest.raises(ChatBusy, match="is not https"):
                    await chat.whisper(Place(ADA, CHANNEL, response_url=f"http://{host}/x"), HELLO)
