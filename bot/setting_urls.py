"""Faults of URLs and network settings, and what to write instead. No fault shows a name or password."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies_environment

from bot.network import authorities_setting, is_loopback, is_slack, masked, trusting

IAM = "https://iam.cloud.ibm.com"
PAGE = "the URL on the instance's credentials page"
CLUSTER = "https://cluster/speech-to-text/release/instances/id/api"

_API = re.compile(r"api\.(?:\w+\.)?(?P<region>[a-z0-9-]+)\.(?P<service>[a-z-]+)\.watson\.cloud\.ibm\.com")
_INSTANCE = re.compile(r"/instances/[^/]+")

Special = Callable[[SplitResult, str], str | None]
"""A check of one kind of URL, given its parts and its setting."""


def url_of_instance(setting: str, url: str, *, cluster: bool, plain: bool) -> list[str]:
    """Faults in the URL of a Speech to Text instance. *plain*: http to another machine is allowed."""
    if not url.strip():
        return [f"{setting}: not set. It is {PAGE}."]
    return _faults(setting, url, plain, _cluster if cluster else _cloud)


def url_of_tokens(setting: str, url: str, *, auth_type: str, plain: bool) -> list[str]:
    """Faults in the URL of an instance's token service."""
    return _faults(setting, url, plain, {"cp4d": _authorize, "iam": _iam}.get(auth_type.lower(), _any))


def url_of_slack(setting: str, url: str, *, plain: bool) -> list[str]:
    """Faults in the URL of Slack's Web API."""
    return _faults(setting, url, plain, _slack)


def network(environ: Mapping[str, str]) -> Iterator[str]:
    """Faults in the settings for proxies and certificate authorities."""
    known = getproxies_environment()
    for scheme in ("http", "https"):
        name = f"{scheme}_proxy".upper() if known.get(scheme) else "ALL_PROXY"
        if proxy := known.get(scheme) or known.get("all"):
            parts = _split(proxy if "://" in proxy else f"http://{proxy}")
            if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
                yield f"{name}: must be the address of an http proxy, such as http://proxy.example.com:3128."
    if own := authorities_setting(environ):
        try:
            trusting(environ[own])
        except OSError:
            yield f"{own}: “{environ[own]}” is not a readable file of certificates (PEM)."


def region_of(url: str) -> str | None:
    """The region in the URL of an instance on IBM Cloud."""
    parts = _split(url)
    found = _API.fullmatch(parts.hostname or "") if parts else None
    return found["region"] if found else None


def _faults(setting: str, url: str, plain: bool, special: Special) -> list[str]:
    found = list(_general(setting, url, plain))
    if not found and (parts := _split(url)) is not None:
        found = [fault for fault in (_anywhere(parts) or special(parts, setting),) if fault]
    return [f"{setting}: {fault}" for fault in found]


def _general(setting: str, url: str, plain: bool) -> Iterator[str]:
    """Faults of any URL."""
    if re.search(r"[\s\"'<>{}…]", url):
        yield "has a space, quote, bracket or “…” in it: remove it, and use the whole URL."
        return
    if re.match(r"(?i)[a-z]+:/*[a-z]+:/", url):
        yield "has two schemes: write https:// once."
        return
    parts = _split(url)
    scheme = re.match(r"(?i)([a-z][a-z0-9+.-]*)://", url)
    if "@" in url:
        yield "has a user name or password in it: remove it. Credentials have settings of their own."
    if scheme is None:
        begun = re.match(r"(?i)[a-z]+:/|/", url)
        yield "must begin with https://, with two slashes." if begun else "has no scheme: put https:// before the host."
    elif scheme[1].lower() not in ("http", "https"):
        yield f"begins with {scheme[1]}://, which is not an http(s) URL: write https://."
    elif parts is None or not parts.hostname:
        yield "names no host: write https://, the host, and the path."
    elif parts.scheme == "http" and not plain and not is_loopback(parts.hostname):
        allow = "SLACK_ALLOW_HTTP" if setting.startswith("SLACK_") else re.sub(r"_(AUTH_)?URL$", "_ALLOW_HTTP", setting)
        yield f"must begin with https://; http shows keys and models to the network (unless {allow}=yes)."
    if parts is not None and (parts.query or parts.fragment or url.endswith(("?", "#"))):
        yield "has “?” or “#” in it: remove everything from there on."


def _anywhere(parts: SplitResult) -> str | None:
    if (parts.hostname or "").endswith(".watsonplatform.net"):
        return f"is an address that IBM has switched off: use {PAGE}."
    if "//" in parts.path.rstrip("/"):
        return "has “//” in its path: write one slash."
    return None


def _cloud(parts: SplitResult, setting: str) -> str | None:
    host, path = parts.hostname or "", parts.path.rstrip("/")
    if found := _API.fullmatch(host):
        if found["service"] != "speech-to-text":
            return f"is the address of {found['service']}, another service: use {PAGE} of Speech to Text."
        place = f"https://{host}/instances/…"
        if not (instance := _INSTANCE.match(path)):
            return f"has no instance id in it: use {PAGE}, {place}"
        return _superfluous(path[instance.end() :])
    if host.startswith("iam.") and host.endswith(".ibm.com"):
        return f"is the address of IBM's token service: use {PAGE}."
    if host.endswith(".watson.cloud.ibm.com"):
        return f"has a host that is not one of Speech to Text: use {PAGE}."
    if host == "ibm.com" or host.endswith(("cloud.ibm.com", "www.ibm.com")):
        return (
            f"is the address of a web page: use {PAGE}, https://api.….speech-to-text.watson.cloud.ibm.com/instances/…"
        )
    return _superfluous(found[0]) if (found := re.search(r"/v1(/.*)?$", path)) else None


def _cluster(parts: SplitResult, setting: str) -> str | None:
    path = parts.path.rstrip("/")
    if _API.fullmatch(parts.hostname or ""):
        return f"is an instance on IBM Cloud, which needs {setting.removesuffix('_URL')}_AUTH_TYPE=iam, or basic."
    if "icp4d-api" in path:
        return f"is the address for tokens, which belongs in {setting.removesuffix('_URL')}_AUTH_URL: use {CLUSTER}"
    if not path or path.startswith("/zen"):
        return f"is the address of the cluster, not of an instance: use {CLUSTER}, as the instance's page shows it."
    if found := re.search(r"(?:(?<=/api)/.*|/v1(/.*)?)$", path):
        return _superfluous(found[0])
    if "/speech-to-text/" in path and not re.search(_INSTANCE, path):
        return f"has no instance id in it: use {CLUSTER}, as the instance's page shows it."
    return f"must end in /api: {CLUSTER}" if "/speech-to-text/" in path and not path.endswith("/api") else None


def _authorize(parts: SplitResult, setting: str) -> str | None:
    """IBM's SDK adds /v1/authorize to whatever is there, unless it has that already."""
    if "/v1/authorize" in parts.path or parts.path.endswith("/icp4d-api"):
        return None if not parts.path.endswith("/") else _superfluous("/")
    if found := re.search(r"(?<=/icp4d-api)/.*$", parts.path):
        return _superfluous(found[0])
    return f"must end in /icp4d-api: {parts.scheme}://{parts.netloc}/icp4d-api"


def _iam(parts: SplitResult, setting: str) -> str | None:
    """IBM's SDK adds /identity/token, unless it is there already."""
    host, path = parts.hostname or "", parts.path
    if path.endswith("icp4d-api"):
        return f"is the address of a cluster, which needs {setting.removesuffix('_AUTH_URL')}_AUTH_TYPE=cp4d."
    if _API.fullmatch(host) or "/instances/" in path or host == "cloud.ibm.com":
        return f"is not the address of a token service: leave it out, or use {IAM}"
    if path in ("", "/identity/token"):
        return None
    known = host.startswith("iam.") and host.endswith(".ibm.com")
    return _superfluous(path) if known or path.endswith(("/", "/identity")) else None


def _slack(parts: SplitResult, setting: str) -> str | None:
    host = parts.hostname or ""
    if not is_slack(host):
        return None
    right = f"https://slack{'-gov' if host.endswith('slack-gov.com') else ''}.com/api/"
    if host.split(".")[0] in ("api", "app", "hooks", "files", "docs"):
        return f"is not the address of the Web API, but of {host}: leave it out, or use {right}"
    if parts.path.rstrip("/") != "/api":
        return f"is not the address of the Web API: leave it out, or use {right}"
    return None


def _any(parts: SplitResult, setting: str) -> str | None:
    return None


def _superfluous(end: str) -> str | None:
    return f"ends in “{masked(end)}”: remove that, Retune adds the path itself." if end else None


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises if it is not a number
    except ValueError:
        return None
    return parts
