"""The scopes granted at installation: the required ones and, by choice, the optional ones."""

from __future__ import annotations

from dataclasses import dataclass

from .manifest import Manifest


@dataclass
class Grants:
    """The app's current scopes. *withhold*: the manifest's optional scopes are not granted."""

    manifest: Manifest
    withhold: bool = False

    @property
    def scopes(self) -> frozenset[str]:
        """The granted scopes."""
        return self.manifest.scopes - self.manifest.optional if self.withhold else self.manifest.scopes

    @property
    def told(self) -> str:
        """The same as in the header `x-oauth-scopes` and in refusals."""
        return ",".join(sorted(self.scopes))
