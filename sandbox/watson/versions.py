"""Versions of base models in one deployment: oldest to newest, released and removed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sandbox.watson.bases import Deployment, generation

_DAY = re.compile(r"\.v(\d{4}-\d{2}-\d{2})$")
_LEGACY_US = re.compile(r"\.v\d{2}-\d{8}\.(\d{2})(\d{2})(\d{4})$")
_LEGACY_SPANISH = re.compile(r"\.lm(\d{4})(\d{2})(\d{2})\d{6}\.am\d{14}$")

PUBLISHED: Mapping[str, tuple[str, ...]] = {
    "en-US_BroadbandModel": (
        "en-US_BroadbandModel.v07-06082016.06202016",
        "en-US_BroadbandModel.v2017-11-15",
        "en-US_BroadbandModel.v2018-07-31",
        "en-US_BroadbandModel.v2020-01-16",
    ),
    "es-AR_BroadbandModel": ("es-AR_BroadbandModel.v2019-04-10",),
    "es-ES_NarrowbandModel": (
        "es_ES.8kHz.general.lm20171031235959.am20171031235959",
        "es_ES.8kHz.general.lm20180308235959.am20180308235959",
        "es_ES.8kHz.general.lm20180522235959.am20180522235959",
    ),
    "en-AU_Telephony": ("en-AU_Telephony.v2021-03-03", "en-AU_Telephony.v2021-10-04"),
    "en-GB_Telephony": ("en-GB_Telephony.v2021-03-03", "en-GB_Telephony.v2021-10-04"),
    "en-US_Multimedia": ("en-US_Multimedia.v2021-03-03", "en-US_Multimedia.v2021-10-04"),
    "en-US_Telephony": ("en-US_Telephony.v2021-06-17", "en-US_Telephony.v2021-10-04"),
}
"""Version strings in IBM's documentation or public threads."""

INVENTED: Mapping[Deployment, Mapping[str, tuple[str, ...]]] = {
    # Made up: no source shows these strings. Each date is some weeks before the release note of an update that required
    # an upgrade, as in all known pairs; the day is made up.
    "cloud": {
        "en-US_NarrowbandModel": (
            "en-US_NarrowbandModel.v2017-11-15",  # 14 December 2017
            "en-US_NarrowbandModel.v2018-07-31",  # 10 September 2018
            "en-US_NarrowbandModel.v2019-05-09",  # 24 June 2019
            "en-US_NarrowbandModel.v2020-01-16",  # 24 February 2020, which names the broadband model only
        ),
        "de-DE_BroadbandModel": ("de-DE_BroadbandModel.v2018-07-31", "de-DE_BroadbandModel.v2020-06-25"),
        "de-DE_NarrowbandModel": ("de-DE_NarrowbandModel.v2018-11-07", "de-DE_NarrowbandModel.v2020-06-25"),
        "zh-CN_Telephony": ("zh-CN_Telephony.v2021-10-04", "zh-CN_Telephony.v2021-12-20"),
        "fr-CA_Telephony": ("fr-CA_Telephony.v2021-10-04", "fr-CA_Telephony.v2022-12-08"),
        # The first is the version of the models re-created in December 2021, the second the improved one.
        "en-AU_Telephony": ("en-AU_Telephony.v2021-11-15", "en-AU_Telephony.v2023-01-30"),
        "en-GB_Telephony": ("en-GB_Telephony.v2021-11-15", "en-GB_Telephony.v2023-01-30"),
        "en-US_Multimedia": ("en-US_Multimedia.v2021-11-15", "en-US_Multimedia.v2023-01-30"),
        "en-US_Telephony": ("en-US_Telephony.v2021-11-15", "en-US_Telephony.v2023-01-30"),
        "en-AU_Multimedia": ("en-AU_Multimedia.v2021-10-04", "en-AU_Multimedia.v2023-01-30"),
        "en-GB_Multimedia": ("en-GB_Multimedia.v2021-10-04", "en-GB_Multimedia.v2023-01-30"),
        "en-IN_Telephony": ("en-IN_Telephony.v2021-10-04", "en-IN_Telephony.v2023-01-30"),
        "ja-JP_Multimedia": (
            "ja-JP_Multimedia.v2021-10-04",
            "ja-JP_Multimedia.v2022-09-05",  # 20 October 2022
            "ja-JP_Multimedia.v2023-01-30",
        ),
        "ja-JP_Telephony": ("ja-JP_Telephony.v2021-10-04", "ja-JP_Telephony.v2023-01-30"),
        "de-DE_Telephony": ("de-DE_Telephony.v2021-10-04", "de-DE_Telephony.v2023-04-11"),
        "fr-FR_Multimedia": ("fr-FR_Multimedia.v2021-06-17", "fr-FR_Multimedia.v2023-04-11"),
        "it-IT_Telephony": ("it-IT_Telephony.v2021-06-17",),
        "en-US": ("en-US.v2024-04-18",),
        "de-DE": ("de-DE.v2024-10-21",),
    },
    "cp4d": {
        "en-US_Multimedia": ("en-US_Multimedia.v2021-11-15", "en-US_Multimedia.v2023-03-29"),
        "en-US_Telephony": ("en-US_Telephony.v2021-11-15", "en-US_Telephony.v2023-03-29"),
        "en-GB_Telephony": ("en-GB_Telephony.v2021-11-15", "en-GB_Telephony.v2023-03-29"),
        "en-AU_Multimedia": ("en-AU_Multimedia.v2021-10-04", "en-AU_Multimedia.v2023-03-29"),
        "en-AU_Telephony": ("en-AU_Telephony.v2021-11-15", "en-AU_Telephony.v2023-03-29"),
        "en-GB_Multimedia": ("en-GB_Multimedia.v2021-10-04", "en-GB_Multimedia.v2023-03-29"),
        "en-IN_Telephony": ("en-IN_Telephony.v2021-10-04", "en-IN_Telephony.v2023-03-29"),
        "ja-JP_Multimedia": (
            "ja-JP_Multimedia.v2021-10-04",
            "ja-JP_Multimedia.v2022-12-15",  # 30 January 2023
            "ja-JP_Multimedia.v2023-03-29",
        ),
        "ja-JP_Telephony": ("ja-JP_Telephony.v2021-10-04", "ja-JP_Telephony.v2023-03-29"),
        "ja-JP_NarrowbandModel": ("ja-JP_NarrowbandModel.v2018-07-31", "ja-JP_NarrowbandModel.v2020-01-16"),
        "es-ES_NarrowbandModel": ("es-ES_NarrowbandModel.v2019-03-28",),
        "pt-BR_NarrowbandModel": ("pt-BR_NarrowbandModel.v2019-05-09", "pt-BR_NarrowbandModel.v2020-10-29"),
        "zh-CN_Telephony": ("zh-CN_Telephony.v2021-11-30", "zh-CN_Telephony.v2022-01-19"),
        "fr-CA_Telephony": ("fr-CA_Telephony.v2021-10-04", "fr-CA_Telephony.v2023-01-05"),
    },
}

_ELSEWHERE = {"previous": "v2020-01-16", "next": "v2021-10-04", "large": "v2024-04-18"}
"""The one version, by generation, of every base not listed above; made up as well."""

MUST_RECREATE: Mapping[str, tuple[str, str]] = {
    # release-notes.md, 3 December 2021; release-notes-data.md, 20 December 2021. IBM does not say whether the last
    # version is included; here it is.
    "en-AU_Telephony": ("2021-03-03", "2021-10-04"),
    "en-GB_Telephony": ("2021-03-03", "2021-10-04"),
    "en-US_Multimedia": ("2021-03-03", "2021-10-04"),
    "en-US_Telephony": ("2021-06-17", "2021-10-04"),
}
"""By base: first and last embedded date of versions whose custom models must be re-created."""


def embedded_day(version: str) -> str:
    """The date inside a version string as `2020-01-16`; empty if it has none."""
    if found := _DAY.search(version):
        return found.group(1)
    if found := _LEGACY_US.search(version):
        return f"{found.group(3)}-{found.group(1)}-{found.group(2)}"
    if found := _LEGACY_SPANISH.search(version):
        return "-".join(found.groups())
    return ""


def must_recreate(base: str, version: str) -> bool:
    """Whether a custom model whose newest version is *version* can't be upgraded and must be re-created."""
    if base not in MUST_RECREATE:
        return False
    first, last = MUST_RECREATE[base]
    return first <= embedded_day(version) <= last


class VersionBook:
    """The versions of all bases in one instance. Lists run from oldest to newest."""

    def __init__(self, deployment: Deployment) -> None:
        self._known: dict[str, list[str]] = {}
        self._removed: set[str] = set()
        for source in (PUBLISHED, INVENTED[deployment]):
            for base, versions in source.items():
                self._known.setdefault(base, []).extend(versions)
        for known in self._known.values():
            known.sort(key=embedded_day)

    def of(self, base: str) -> list[str]:
        """The versions of *base*, including removed ones."""
        return self._known.setdefault(base, [f"{base}.{_ELSEWHERE[generation(base)]}"])

    def newest(self, base: str) -> str:
        """The version of new models and of upgrades."""
        return self.of(base)[-1]

    def release(self, base: str, version: str) -> None:
        """*version* becomes the newest of *base*. Raises `ValueError` if it exists already."""
        if version in self.of(base):
            raise ValueError(f"{version} is there already")
        self._known[base].append(version)

    def remove(self, version: str) -> None:
        """Stop serving *version*: recognition falls back to the uncustomized newest base model.

        Raises `ValueError` for an unknown version, and for the newest of its base, which the service keeps.
        """
        base = next((base for base, versions in self._known.items() if version in versions), None)
        if base is None:
            raise ValueError(f"{version} is not a version of any base model here")
        if version == self.newest(base):
            raise ValueError(f"{version} is the newest version of {base}")
        self._removed.add(version)

    def is_removed(self, version: str) -> bool:
        """Whether *version* was removed."""
        return version in self._removed

    def latest_of(self, base: str, versions: Iterable[str]) -> str | None:
        """The newest of *versions* in the order of *base*; unknown strings count as older than all known.

        Of unknown strings the last in *versions* counts. None without versions.
        """
        order = self.of(base)
        placed = [(order.index(one) if one in order else -1, at, one) for at, one in enumerate(versions)]
        return max(placed)[2] if placed else None
