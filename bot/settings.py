"""Settings from the environment and `.env`; every fault is reported at once, secrets are masked by type."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from environs import Env, EnvValidationError, ValidationError
from ibm_cloud_sdk_core import get_authenticator_from_environment
from ibm_cloud_sdk_core.authenticators import Authenticator
from ibm_cloud_sdk_core.utils import read_external_sources, string_to_bool

from bot.domain.hours import Window, parse_window
from bot.domain.policies import Policy
from bot.domain.timing import Schedule
from bot.errors import SettingsError
from bot.network import setting_of
from bot.secret import Secret as Secret
from bot.setting_parsers import (
    PARSERS,
    at_least_one,
    audit_key,
    begins,
    channel_id,
    cron_rule,
    one_word,
    port_number,
    words,
    yes,
)
from bot.setting_urls import network, url_of_instance, url_of_slack, url_of_tokens
from bot.terms import Terms

if TYPE_CHECKING:
    from bot.domain.catalog import Deployment


@dataclass(frozen=True, slots=True)
class InstanceSettings:
    """One Speech to Text instance; its credentials stay with IBM's authenticator, which reads them itself."""

    name: str
    url: str
    deployment: Deployment
    verify_tls: bool
    verify_auth_tls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Terms):
    """All settings of the operator."""

    bot_token: Secret
    app_token: Secret | None
    signing_secret: Secret | None
    port: int
    health_port: int | None
    bind: str | None
    slack_api_url: str
    slack_allow_http: bool
    instances: Mapping[str, InstanceSettings]
    database: Path
    audit_key: Secret | None
    inventory: timedelta
    catalog: Path | None
    log: Literal["text", "json"]


def load(dotenv: Path | None = Path(".env")) -> Settings:
    """Settings of this process. Raises `SettingsError` with all faults."""
    env = _environment(dotenv)
    for parse in PARSERS:
        env.add_parser(parse.__name__, parse)
    bot_token = env.str("SLACK_BOT_TOKEN", validate=begins("xoxb-", "the bot token (OAuth & Permissions)"))
    app_token = env.str("SLACK_APP_TOKEN", "", validate=begins("xapp-", "an app-level token (Basic Information)"))
    signing_secret = env.str("SLACK_SIGNING_SECRET", "", validate=one_word)
    names = _parsed(env, "words", "RETUNE_INSTANCES", "speech-to-text")
    policy = Policy(
        approvers=_parsed(env, "words", "RETUNE_APPROVERS"),
        needed=env.int("RETUNE_APPROVALS", 1, validate=at_least_one),
        self_approval=_parsed(env, "yes", "RETUNE_SELF_APPROVAL", "no"),
        ttl=_parsed(env, "seconds", "RETUNE_APPROVAL_TTL", "24h"),
    )
    rule = env.str("RETUNE_ANNOUNCE", "0 9 * * mon-fri", validate=cron_rule)
    schedule = Schedule(rule, _parsed(env, "zone", "RETUNE_TIMEZONE", "UTC"))
    window = env.str("RETUNE_WINDOW", "")
    others: dict[str, Any] = {
        "port": env.int("PORT", 3000, validate=port_number),
        "health_port": _parsed(env, "port_or_none", "RETUNE_HEALTH_PORT", ""),
        # Hosts that set PORT expect the service on all addresses.
        "bind": _parsed(env, "address", "RETUNE_BIND", "*" if os.environ.get("PORT") else "127.0.0.1"),
        "slack_api_url": env.str("SLACK_API_URL", "https://slack.com/api/").strip(),
        "slack_allow_http": _parsed(env, "yes", "SLACK_ALLOW_HTTP", "no"),
        "channel": env.str("RETUNE_CHANNEL", validate=channel_id),
        "database": _database(env),
        "audit_key": _audit_key(env),
        "owners": _parsed(env, "owner_rules", "RETUNE_OWNERS", ""),
        "guests_read": _parsed(env, "none_or_read", "RETUNE_GUESTS", "none"),
        "shared_channel": _parsed(env, "yes", "RETUNE_SHARED_CHANNEL", "no"),
        "parallel": env.int("RETUNE_PARALLEL", 2, validate=at_least_one),
        "poll_language": _parsed(env, "seconds", "RETUNE_POLL_LANGUAGE", "10"),
        "poll_acoustic": _parsed(env, "seconds", "RETUNE_POLL_ACOUSTIC", "60"),
        "inventory": _parsed(env, "span", "RETUNE_INVENTORY", "15m"),
        "probe_every": _parsed(env, "span_or_off", "RETUNE_PROBE", "off"),
        "canary_every": _parsed(env, "span_or_off", "RETUNE_CANARY", "off"),
        "catalog": env.path("RETUNE_CATALOG", None),
        "log": _parsed(env, "text_or_json", "RETUNE_LOG", "text"),
    }
    by_setting = _faults(env)
    faults = [*by_setting.values()]
    signing_secret = (signing_secret or "").strip()
    if not app_token and not signing_secret and not by_setting.keys() & {"SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"}:
        faults.append(
            "SLACK_APP_TOKEN: not set. Socket Mode needs it (xapp-…); "
            "to be reached over HTTP set SLACK_SIGNING_SECRET and PORT instead."
        )
    if not app_token and others["health_port"] is not None and others["health_port"] == others["port"]:
        faults.append(f"RETUNE_HEALTH_PORT: {others['port']} is PORT already, where Slack calls; choose another one.")
    faults += url_of_slack("SLACK_API_URL", others["slack_api_url"], plain=bool(others["slack_allow_http"]))
    faults += network(os.environ)
    if policy.approvers == ():
        faults.append("RETUNE_APPROVERS: names no one; list user ids (U…) and user-group ids (S…).")
    instances: dict[str, InstanceSettings] = {}
    policies: dict[str, Policy] = {}
    hours: dict[str, Window | None] = {}
    for name in names or ():
        try:
            instances[name], policies[name], hours[name] = _instance(name, policy, window, schedule.zone)
        except SettingsError as error:
            faults += error.faults
    if not instances and not faults:
        faults.append("RETUNE_INSTANCES: names no instance.")
    if faults:
        raise SettingsError(sorted(set(faults)))
    return Settings(
        bot_token=Secret(bot_token),
        app_token=Secret(app_token) if app_token else None,
        signing_secret=Secret(signing_secret) if signing_secret else None,
        instances=instances,
        policies=policies,
        hours=hours,
        addresses={name: instance.url for name, instance in instances.items()},
        schedule=schedule,
        **others,
    )


def database(dotenv: Path | None = Path(".env")) -> Path:
    """The database's path alone, for commands that need no other setting."""
    return _database(_environment(dotenv))


def key_of_audit(dotenv: Path | None = Path(".env")) -> Secret | None:
    """The audit's key alone, for commands that need no other setting. Raises `SettingsError`."""
    env = _environment(dotenv)
    key = _audit_key(env)
    if faults := _faults(env):
        raise SettingsError([*faults.values()])
    return key


def _environment(dotenv: Path | None) -> Env:
    env = Env(eager=False)
    if dotenv is not None and dotenv.is_file():
        try:
            env.read_env(str(dotenv), recurse=False)
        except UnicodeDecodeError as error:
            raise SettingsError([f"{dotenv}: is not UTF-8. Save it as UTF-8."]) from error
    return env


def _faults(env: Env) -> dict[str, str]:
    """Faults of the values read, by setting."""
    try:
        env.seal()
    except EnvValidationError as error:
        texts = cast("dict[str, list[str]]", error.error_messages)
        return {name: f"{name}: {' '.join(texts[name])}" for name in texts}
    return {}


def _database(env: Env) -> Path:
    return env.path("RETUNE_DATABASE", Path("retune.db"))


def _audit_key(env: Env) -> Secret | None:
    key = env.str("RETUNE_AUDIT_KEY", "", validate=audit_key)
    return Secret(key.strip()) if key else None


def _instance(
    name: str, policy: Policy, window: str, zone: ZoneInfo | None
) -> tuple[InstanceSettings, Policy, Window | None]:
    """One instance, its policy and its hours, from IBM's own variables, in all places IBM's SDK reads."""
    known = {key: str(value) for key, value in read_external_sources(name).items()}
    faults: list[str] = []
    url, auth_type = known.get("URL", "").strip(), known.get("AUTH_TYPE") or known.get("AUTHTYPE") or "iam"
    deployment = known.get("DEPLOYMENT", "").lower() or _deployment(url, auth_type)
    try:
        plain = yes(known.get("ALLOW_HTTP", ""))
    except ValidationError:
        faults.append(f"{setting_of(name, 'ALLOW_HTTP')}: must be yes or no.")
        plain = True  # one fault is enough
    faults += url_of_instance(setting_of(name, "URL"), url, cluster=deployment == "cp4d", plain=plain)
    if auth_url := known.get("AUTH_URL", ""):
        faults += url_of_tokens(setting_of(name, "AUTH_URL"), auth_url, auth_type=auth_type, plain=plain)
    if deployment not in ("cloud", "cp4d"):
        faults.append(f"{setting_of(name, 'DEPLOYMENT')}: must be cloud or cp4d.")
    if "APPROVALS" in known:
        try:
            policy = replace(policy, needed=int(known["APPROVALS"]))
            at_least_one(policy.needed)
        except (ValueError, ValidationError):
            faults.append(f"{setting_of(name, 'APPROVALS')}: must be a whole number from 1.")
    if "APPROVERS" in known:
        policy = replace(policy, approvers=words(known["APPROVERS"]))
    wanted = known.get("WINDOW", window).strip()
    hours = parse_window(wanted, zone) if wanted and zone else None
    if wanted and zone and hours is None:
        setting = setting_of(name, "WINDOW") if "WINDOW" in known else "RETUNE_WINDOW"
        faults.append(f"{setting}: “{wanted}” is not a window; write for example 22:00-05:00.")
    if faults:
        raise SettingsError(faults)
    return (
        InstanceSettings(
            name,
            url.rstrip("/"),
            "cp4d" if deployment == "cp4d" else "cloud",
            verify_tls=not string_to_bool(known.get("DISABLE_SSL", "false")),
            verify_auth_tls=not string_to_bool(known.get("AUTH_DISABLE_SSL", "false")),
        ),
        policy,
        hours,
    )


def authenticator(instance: str) -> Authenticator:
    """IBM's own authenticator, from the same variables. Raises `SettingsError`."""
    try:
        found = get_authenticator_from_environment(instance)
    except (ValueError, TypeError) as error:
        setting = setting_of(instance, "AUTH_TYPE")
        raise SettingsError([f"{setting} and the credentials that belong to it: {error}"]) from error
    if found is None:
        raise SettingsError([f"{setting_of(instance, 'APIKEY')}: not set, nor any other credentials for {instance}."])
    return found


def secrets(settings: Settings) -> Iterator[str]:
    """Every secret in the settings, IBM's included, for redaction."""
    for field in fields(settings):
        if isinstance(value := getattr(settings, field.name), Secret):
            yield value.reveal()
    for name in settings.instances:
        for key, value in read_external_sources(name).items():
            if key.endswith(("APIKEY", "PASSWORD", "TOKEN", "SECRET")):
                yield str(value)


def credentials(settings: Settings) -> dict[str, Authenticator]:
    """IBM's authenticator for each instance. Raises `SettingsError` with the faults of all."""
    found: dict[str, Authenticator] = {}
    faults: list[str] = []
    for name in settings.instances:
        try:
            found[name] = authenticator(name)
        except SettingsError as error:
            faults += error.faults
    if faults:
        raise SettingsError(faults)
    return found


def _deployment(url: str, auth_type: str) -> Deployment:
    path = urlsplit(url).path
    cluster = auth_type.lower() == "cp4d" or ("/speech-to-text/" in path and path.endswith("/api"))
    return "cp4d" if cluster else "cloud"


def _parsed(env: Env, parser: str, name: str, *default: str) -> Any:
    """Environs adds our parsers as methods at run time; type checkers don't see them."""
    return getattr(env, parser)(name, *default)
