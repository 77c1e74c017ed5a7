"""The one place that knows proxies, this machine, Slack's hosts, and what of a URL may be shown."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading

import pytest

from bot.adapters.threads import DaemonThreads
from bot.logging_setup import formatter
from bot.network import authorities, certificate_fault, is_loopback, is_open, is_slack, masked, proxy_for
from bot.redaction import Redaction

PROXY = "http://proxy.example.com:3128"


@pytest.mark.parametrize(
    "url", ["https://slack.com/api/x", "wss://wss-primary.slack.com/link", "https://[2001:db8::1]/"]
)
def test_what_is_secure_goes_through_the_secure_proxy(monkeypatch: pytest.MonkeyPatch, url: str):
    """Sockets too."""
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("HTTP_PROXY", "http://other")
    assert proxy_for(url) == PROXY


@pytest.mark.parametrize("url", ["http://cluster/x", "ws://127.0.0.1:8080/link"])
def test_what_is_plain_goes_through_the_other(monkeypatch: pytest.MonkeyPatch, url: str):
    """The scheme of the URL decides; a proxy without a scheme is an http one."""
    monkeypatch.setenv("http_proxy", "plain.example.com:8080")
    assert proxy_for(url) == "http://plain.example.com:8080"
    assert proxy_for("https://cluster/x") is None


@pytest.mark.parametrize(
    ("rules", "url", "direct"),
    [
        ("*", "https://slack.com", True),
        ("other.com, *", "https://slack.com", True),
        ("slack.com", "https://slack.com", True),
        ("slack.com", "https://hooks.SLACK.com", True),
        (".slack.com", "https://hooks.slack.com", True),
        ("*.slack.com", "wss://a.slack.com", True),
        ("slack.com", "https://notslack.com", False),
        ("slack.com", "https://slack.com.example.com", False),
        ("slack.com:443", "https://slack.com", True),
        ("slack.com:8443", "https://slack.com", False),
        ("slack.com:8443", "https://slack.com:8443", True),
        ("other.com slack.com", "https://slack.com", True),
        ("127.0.0.1", "https://127.0.0.1:9999", True),
        ("127.0.0.1:80", "https://127.0.0.1:9999", False),
        ("10.0.0.0/8", "https://10.20.30.40", True),
        ("10.0.0.0/8", "https://11.20.30.40", False),
        ("::1", "https://[::1]:8443", True),
        ("[::1]:8443", "https://[::1]:8443", True),
        ("[::1]:443", "https://[::1]:8443", False),
        ("", "https://slack.com", False),
        (",", "https://slack.com", False),
    ],
)
def test_what_needs_no_proxy(monkeypatch: pytest.MonkeyPatch, rules: str, url: str, direct: bool):
    """`NO_PROXY`: hosts with their subdomains, addresses, networks, ports."""
    monkeypatch.setenv("ALL_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", rules)
    assert proxy_for(url) == (None if direct else PROXY)


def test_this_machine():
    """Only this machine is reached by plain http without asking."""
    assert all(map(is_loopback, ("localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.8.9.1", "::1")))
    assert not any(
        map(is_loopback, ("127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "0.0.0.0", "", None))
    )
    assert [is_open(url) for url in ("http://a", "ws://a", "https://a", "wss://a", "http://127.0.0.1")] == [
        *(True, True, False, False, False)
    ]


def test_slacks_hosts():
    """Both domains with what belongs to them, and nothing that only looks so."""
    ours = ("slack.com", "hooks.slack.com", "slack-gov.com", "hooks.slack-gov.com", "FILES.SLACK.COM")
    assert all(map(is_slack, ours))
    assert not any(map(is_slack, ("evilslack.com", "slack.com.example.com", "slack-gov.com.example.com", None, "")))


def test_what_may_not_be_shown():
    """Names and passwords in URLs, and the single-use tickets of sockets."""
    text = "GET http://ada:s3cret@proxy:3128 and wss://a.slack.com/link?ticket=abc-123&app_id=9 'https://tok@x/y' a@b"
    assert (
        masked(text) == "GET http://•••@proxy:3128 and wss://a.slack.com/link?ticket=•••&app_id=9 'https://•••@x/y' a@b"
    )


def test_the_log_masks():
    """Also what other libraries log, and tracebacks."""
    try:
        raise ValueError("no http://ada:s3cret@proxy")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "via %s", ("http://ada:s3cret@proxy",), info)
    written = formatter("text", Redaction()).format(record)
    assert "s3cret" not in written
    assert written.count("•••@proxy") == 3  # the message, the line of the source, the error


def test_whom_we_trust(monkeypatch: pytest.MonkeyPatch):
    """The operator's file, in this order; else the system's store."""
    assert authorities()
    for name in ("SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, f"/{name}")
        assert authorities() == f"/{name}"


def test_a_certificate_fault_is_found_wherever_it_is():
    """In the cause, the context, the arguments or the reason; an error that has none gives none."""
    fault = ssl.SSLCertVerificationError(1, "certificate verify failed")
    for error in (fault, OSError("x", fault), OSError(OSError(fault))):
        assert "SSL_CERT_FILE or REQUESTS_CA_BUNDLE" in (certificate_fault(error) or "")
    caused = OSError("x")
    caused.__cause__ = fault
    assert "STT_DISABLE_SSL=true" in (certificate_fault(caused, "STT_DISABLE_SSL") or "")
    assert "_DISABLE_SSL" not in (certificate_fault(caused) or "")
    assert certificate_fault(OSError("x")) is None
    assert "no TLS connection" in (certificate_fault(ssl.SSLError(1, "wrong version number")) or "")


async def test_threads_that_nobody_waits_for():
    """Results and errors arrive; the thread is a daemon, and shutting down waits for none."""
    loop, threads, gate = asyncio.get_running_loop(), DaemonThreads(), threading.Event()
    assert await loop.run_in_executor(threads, lambda: threading.current_thread().daemon)
    with pytest.raises(ZeroDivisionError):
        await loop.run_in_executor(threads, lambda: 1 / 0)
    hanging = loop.run_in_executor(threads, gate.wait)
    threads.shutdown(wait=True)
    assert not hanging.done()
    gate.set()
    assert await hanging
