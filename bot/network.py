"""The network: the proxy of a URL, trusted certificates, local hosts, and masked addresses.

All clients use this, so that a company's proxy and certificate settings mean the same for all of them. Their libraries
read those settings each in its own way, or not at all.
"""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies_environment

CA_SETTINGS = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR")
"""Settings that name the certificate authorities to trust, files and a folder; the first that is set counts."""

SLACK_DOMAINS = ("slack.com", "slack-gov.com")

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SECURE = {"http": "http", "ws": "http", "https": "https", "wss": "https"}
_USERINFO = re.compile(r"(?<=://)[^\s/@“”\"']+(?=@)")
_TICKET = re.compile(r"(?<=[?&]ticket=)[^\s&\"']+")


def setting_of(instance: str, name: str) -> str:
    """IBM's variable *name* of an instance: `SPEECH_TO_TEXT_URL`."""
    return f"{instance.upper().replace('-', '_')}_{name}"


def proxy_for(url: str) -> str | None:
    """The proxy for *url*, by `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.

    `wss://` is treated as `https://`. Only the environment counts, not a desktop's configuration.
    """
    parts = urlsplit(url)
    known = getproxies_environment()
    proxy = known.get(_SECURE.get(parts.scheme, "")) or known.get("all")
    if not proxy or _goes_direct(parts, known.get("no", "")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _goes_direct(url: SplitResult, rules: str) -> bool:
    """By `NO_PROXY`: `*`, or a host and its subdomains, an address or a network (10.0.0.0/8), each optionally with a
    port.
    """
    host, port = url.hostname or "", url.port or _PORTS.get(url.scheme)
    return any(rule == "*" or _is_named(host, port, rule.lower()) for rule in re.split(r"[,\s]+", rules) if rule)


def _is_named(host: str, port: int | None, rule: str) -> bool:
    if found := re.fullmatch(r"(\[[0-9a-f:.]+\]|[^:]+):(\d+)", rule):
        rule = found[1]
        if port != int(found[2]):
            return False
    rule = rule.strip("[]")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        rule = rule.removeprefix("*").lstrip(".")
        return bool(rule) and (host == rule or host.endswith(f".{rule}"))
    try:
        return address in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        return False


def authorities_setting(environ: Mapping[str, str]) -> str | None:
    """The name of the setting with the certificate authorities; None if none is set."""
    return next((name for name in CA_SETTINGS if environ.get(name)), None)


def authorities(environ: Mapping[str, str] = os.environ) -> str:
    """The file or folder of certificate authorities for all clients: the operator's, else the system's."""
    if own := authorities_setting(environ):
        return environ[own]
    system = ssl.get_default_verify_paths()
    if system.cafile:
        return system.cafile
    if system.capath and any(Path(system.capath).iterdir()):
        return system.capath
    from requests.utils import DEFAULT_CA_BUNDLE_PATH  # a slim container has no store of its own

    return str(DEFAULT_CA_BUNDLE_PATH)


def trust(verify: bool = True) -> ssl.SSLContext:
    """The context to check certificates with; *verify* false: they are not checked."""
    if verify:
        return trusting(authorities())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@cache  # reading a system's store takes 20 ms; the settings and four clients need it
def trusting(place: str) -> ssl.SSLContext:
    """A context that trusts the authorities in that file or folder. Raises `OSError` if it can't be read."""
    folder = Path(place).is_dir()
    return ssl.create_default_context(cafile=None if folder else place, capath=place if folder else None)


def is_loopback(host: str | None) -> bool:
    """Whether *host* is this machine."""
    name = (host or "").lower().rstrip(".")
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def is_open(url: str) -> bool:
    """Whether *url* would send plain text to another machine."""
    parts = urlsplit(url)
    return parts.scheme not in ("https", "wss") and not is_loopback(parts.hostname)


def is_slack(host: str | None) -> bool:
    """Whether *host* is Slack's, including GovSlack's."""
    name = (host or "").lower()
    return any(name == domain or name.endswith(f".{domain}") for domain in SLACK_DOMAINS)


def masked(text: str) -> str:
    """*text* without the names and passwords in its URLs, and without socket tickets."""
    return _TICKET.sub("•••", _USERINFO.sub("•••", text))


def certificate_fault(error: BaseException, setting: str | None = None) -> str | None:
    """What is wrong with a certificate, and what to set; None if *error* is not about one.

    *setting*: the one that switches the check off for this host, if any.
    """
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = getattr(cause, "verify_message", "") or cause.args[-1]
            off = f", or, with care, {setting}=true" if setting else ""
            return (
                f"its TLS certificate is not trusted ({reason}). If your company signs certificates "
                f"itself, set SSL_CERT_FILE or REQUESTS_CA_BUNDLE to its CA file{off}."
            )
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "reason", None) or cause.args[-1]
            return f"no TLS connection could be made ({reason}). Check the port and the proxy."
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """*error* and all its causes; requests and urllib3 keep them in `args` and `reason`."""
    seen: set[int] = set()
    left: list[object] = [error]
    while left:
        one = left.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        left += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
