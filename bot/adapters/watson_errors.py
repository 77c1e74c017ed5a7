"""Refusals of the service and its token services as our errors. No vendor's type leaves the adapter."""

from __future__ import annotations

from typing import Any

import httpx
import jwt
import requests
from ibm_cloud_sdk_core import ApiException

from bot.adapters.watson_proof import WORDS, is_own
from bot.domain.answers import reason_in
from bot.errors import (
    CredentialsRefused,
    ModelBusy,
    OutcomeUnknown,
    PlanRefused,
    RequestRefused,
    ServiceError,
    ServiceUnavailable,
)
from bot.network import certificate_fault, setting_of
from bot.setting_urls import region_of

UNAVAILABLE = frozenset({429, 500, 502, 503, 504})


def facts(name: str, response: httpx.Response) -> dict[str, Any]:
    """The facts that every error about an answer of the instance *name* carries."""
    return {
        "instance": name,
        "status": response.status_code,
        "detail": _detail(response),
        "transaction": transaction(response),
    }


def refusal(name: str, response: httpx.Response) -> ServiceError:
    """The meaning of an unsuccessful answer of the instance *name*."""
    status = response.status_code
    about = facts(name, response)
    if status in (401, 403):
        region = _region(response)
        same = f" Its URL is of the region {region}: key and URL must be of one instance." if region else ""
        return CredentialsRefused(
            f"{name} does not accept the credentials. Check its key and URL; `python -m bot check` tests both.{same}",
            **about,
        )
    if status == 404 or 300 <= status < 400:
        moved = "answered with a redirect, which is never followed" if status != 404 else "is not at its URL"
        return RequestRefused(
            f"{name} {moved} ({status}). Put the URL of its credentials page as {setting_of(name, 'URL')}.", **about
        )
    if status == 409:
        return ModelBusy(f"{name} is handling another request for this model.", **about)
    if status in UNAVAILABLE:
        return ServiceUnavailable(f"{name} cannot answer now ({status}).", retry_after=_after(response), **about)
    if not is_own(response):
        return ServiceUnavailable(f"Something in front of {name} answered in its place ({status}).", **about)
    if status == 400 and "Lite plan" in (about["detail"] or ""):
        return PlanRefused(f"The plan of {name} has no customization; it needs Plus, Standard or Premium.", **about)
    return RequestRefused(f"{name} refused the request ({status}).", **about)


def unproven(name: str, response: httpx.Response) -> OutcomeUnknown:
    """An inconclusive answer to a request that begins something."""
    page = "" if is_own(response) else ", not in the service's own words"
    return OutcomeUnknown(
        f"{name} answered {response.status_code}{page}; Retune checks whether it began.",
        retry_after=_after(response),
        **facts(name, response),
    )


def without_token(name: str, error: Exception) -> ServiceError:
    """The error for IBM's authenticators failing to get a token. Raises anything else again: that is a bug."""
    address = setting_of(name, "AUTH_URL")
    if isinstance(error, ApiException):
        status = error.status_code
        refused = status in (400, 401, 403)
        kind: type[ServiceError] = CredentialsRefused if refused else ServiceUnavailable
        check = "key" if refused else address
        moved = " with a redirect, which is never followed" if 300 <= status < 400 else ""
        body = str(error.message or "")
        return kind(
            f"{name} could not get a token: the token service answered {status}{moved}. Check its {check}.",
            instance=name,
            status=status,
            detail=reason_in(body) or None,
        )
    if isinstance(error, requests.RequestException | TimeoutError):
        fault = certificate_fault(error, setting_of(name, "AUTH_DISABLE_SSL"))
        told = f"the token service: {fault}" if fault else f"its token service cannot be reached. Check {address}"
        if not fault:
            proxied = isinstance(error, requests.exceptions.ProxyError)
            told += " and, since the proxy failed, HTTPS_PROXY and NO_PROXY." if proxied else " and the network."
        return ServiceUnavailable(f"{name} could not get a token: {told}", instance=name)
    if isinstance(error, jwt.exceptions.PyJWTError):
        text = f"{name} got a token that is not a JWT; check {address}, or configure a plain bearer token instead."
        return CredentialsRefused(text, instance=name)
    raise error


def transaction(response: httpx.Response) -> str | None:
    """The transaction id for IBM support."""
    found: str | None = response.headers.get("X-Global-Transaction-Id")
    return found


def _region(response: httpx.Response) -> str | None:
    try:
        return region_of(str(response.request.url))
    except RuntimeError:  # the response has no request
        return None


def _after(response: httpx.Response) -> float | None:
    """Seconds to wait, as the service asks."""
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isascii() and asked.isdigit() else None


def _detail(response: httpx.Response) -> str | None:
    """The sentence in an answer of the service, or in the page of a gateway before it."""
    if len(response.content) > WORDS:
        return None
    return reason_in(response.content.decode("utf-8", "replace")) or None
