"""The scopes that whoever installed the app has granted: those that it needs, and by choice the optional ones."""

from __future__ import annotations

from dataclasses import dataclass

from .manifest import Manifest


@dataclass
class Grants:
    """What the app may do now. *withhold*: the optional scopes of the manifest are not granted."""

    manifest: Manifest
    withhold: bool = False

    @property
    def scopes(self) -> frozenset[str]:
        """The granted scopes."""
        return self.manifest.scopes - self.manifest.optional if self.withhold else self.manifest.scopes

    @property
    def told(self) -> str:
        """The same as the header `x-oauth-scopes` and refusals have it."""
        return ",".join(sorted(self.scopes))
