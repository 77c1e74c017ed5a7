"""IBM's own authenticators, from IBM's own variables, wherever IBM's SDK would read them."""

from __future__ import annotations

from ibm_cloud_sdk_core import get_authenticator_from_environment
from ibm_cloud_sdk_core.authenticators import Authenticator

from bot.errors import SettingsError


def authenticator(instance: str) -> Authenticator:
    """IBM's authenticator from IBM's own variables. Raises `SettingsError`."""
    prefix = instance.upper().replace("-", "_")
    try:
        found = get_authenticator_from_environment(instance)
    except (ValueError, TypeError) as error:
        raise SettingsError([f"{prefix}_AUTH_TYPE and the credentials that belong to it: {error}"]) from error
    if found is None:
        raise SettingsError([f"{prefix}_APIKEY: not set, nor any other credentials for {instance}."])
    return found
