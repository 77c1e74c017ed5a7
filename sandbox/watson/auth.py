"""Authentication: IAM and cluster tokens, basic API keys and bearer tokens.

Tokens are JWTs with integer `iat` and `exp`, because IBM's SDK decodes them without checking the signature and fails on
opaque strings. Here only the list of issued tokens counts.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.watson.failures import Refused
from sandbox.watson.resources import JSON
from sandbox.watson.state import Instance, World

LIFETIME = 3600
"""Seconds a token is valid (IAM: up to 60 minutes)."""

_GRANT = "urn:ibm:params:oauth:grant-type:apikey"


class TokenRefused(Exception):
    """The token endpoint refuses; *status* and *body* are its answer."""

    def __init__(self, status: int, body: JSON) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class _Token:
    """*subject* is the API key or user it was given to; *expiries* the count of `Faults.expire_tokens` then."""

    subject: str
    expires: float
    expiries: int


class Tokens:
    """Issues tokens for valid credentials and recognizes them. *lifetime* is in seconds."""

    def __init__(self, world: World, lifetime: int = LIFETIME) -> None:
        self.lifetime = lifetime
        self.issued = 0
        self._world = world
        self._known: dict[str, _Token] = {}

    def from_iam(self, form: Mapping[str, str]) -> JSON:
        """The answer of `POST /identity/token` to *form*. Raises `TokenRefused`; IAM answers 400 to a wrong key."""
        if form.get("grant_type") != _GRANT:
            raise TokenRefused(400, _iam_error("BXNIM0110E", "Property missing or unknown grant_type"))
        key = form.get("apikey", "")
        if not key or not any(key == one.credentials.apikey for one in self._of("cloud")):
            raise TokenRefused(400, _iam_error("BXNIM0415E", "Provided API key could not be found."))
        now = int(self._world.clock.now())
        return {
            "access_token": self._issue(key),
            "refresh_token": "not_supported",
            "token_type": "Bearer",
            "expires_in": self.lifetime,
            "expiration": now + self.lifetime,
            "scope": "ibm openid",
        }

    def from_cluster(self, body: Mapping[str, object]) -> JSON:
        """The answer of `POST /icp4d-api/v1/authorize`. Raises `TokenRefused`."""
        username, password, key = body.get("username"), body.get("password"), body.get("api_key")
        for instance in self._of("cp4d"):
            held = instance.credentials
            known = (held.password and password == held.password) or (held.apikey and key == held.apikey)
            if username and username == held.username and known:
                return {"_messageCode_": "200", "message": "Success", "token": self._issue(held.username)}
        raise TokenRefused(401, {"_statusCode_": 401, "message": "User is not authorized", "exception": "Unauthorized"})

    def admit(self, instance: Instance, authorization: str | None) -> None:
        """Check a request to *instance*. Raises `Refused`: `unauthorized`, or `forbidden` with another's key."""
        held = instance.credentials
        if held.auth_type == "noAuth":
            return
        scheme, _, value = (authorization or "").partition(" ")
        if scheme.lower() == "basic" and instance.deployment == "cloud":
            self._admit_key(instance, _basic_key(value))
        elif scheme.lower() == "bearer" and value and value == held.bearer_token:
            return
        elif scheme.lower() == "bearer":
            token = self._known.get(value)
            if token is None or not self._is_good(token):
                raise Refused("unauthorized")
            self._admit_subject(instance, token.subject)
        else:
            raise Refused("unauthorized")

    def _is_good(self, token: _Token) -> bool:
        return token.expires > self._world.clock.now() and token.expiries == self._world.faults.token_expiries

    def _admit_key(self, instance: Instance, key: str) -> None:
        if not key or not any(key == one.credentials.apikey for one in self._of("cloud")):
            raise Refused("unauthorized")
        if key != instance.credentials.apikey:
            raise Refused("forbidden")

    def _admit_subject(self, instance: Instance, subject: str) -> None:
        held = instance.credentials
        if subject != (held.apikey if instance.deployment == "cloud" else held.username):
            raise Refused("forbidden")

    def _of(self, deployment: str) -> list[Instance]:
        return [one for one in self._world.instances.values() if one.deployment == deployment]

    def _issue(self, subject: str) -> str:
        now = int(self._world.clock.now())
        self._known = {text: token for text, token in self._known.items() if self._is_good(token)}
        self.issued += 1
        claims = {"iat": now, "exp": now + self.lifetime, "sub": f"client-{self.issued}", "jti": secrets.token_hex(8)}
        parts = (json.dumps({"alg": "RS256", "typ": "JWT"}).encode(), json.dumps(claims).encode())
        token = ".".join(_segment(part) for part in (*parts, secrets.token_bytes(32)))
        self._known[token] = _Token(subject, now + self.lifetime, self._world.faults.token_expiries)
        return token


def _segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _basic_key(value: str) -> str:
    try:
        user, _, key = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return key if user == "apikey" else ""


def _iam_error(code: str, message: str) -> JSON:
    return {"errorCode": code, "errorMessage": message, "context": {"requestId": secrets.token_hex(8)}}
