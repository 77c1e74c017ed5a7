"""The catalog of base models: the shipped file, what it answers, and what is said of a file that is wrong."""

from __future__ import annotations

import datetime
import importlib.resources

import pytest

import bot.domain
from bot.domain.catalog import Catalog
from bot.domain.catalog_reading import SHIPPED, parse
from bot.errors import CatalogError

TEXT = importlib.resources.files(bot.domain).joinpath(SHIPPED).read_text(encoding="utf-8")

MINIMAL = """
as_of: {cloud: "2026-06-30", cp4d: 2023-05-02}
bases:
  - name: en-US_Telephony
    language: en-US
    generation: next
    kind: telephony
    min_rate_hz: 8000
    required:
      cloud:
        - {date: "2022-02-02", version: null, method: upgrade_model, source: "a note"}
        - {date: "2023-02-27", version: null, method: train, source: "another note"}
    recreate:
      cloud:
        - {first: null, last: en-US_Telephony.v2021-10-04, noted: "2021-12-03", source: "a note"}
"""

IMPROVED_FIRST = (
    "en-AU_Multimedia",
    "en-AU_Telephony",
    "en-GB_Multimedia",
    "en-GB_Telephony",
    "en-IN_Telephony",
    "en-US_Multimedia",
    "en-US_Telephony",
    "ja-JP_Multimedia",
    "ja-JP_Telephony",
)


@pytest.fixture(scope="module")
def shipped() -> Catalog:
    """The catalog that comes with Retune."""
    return parse(TEXT)


def day(text):
    """A date, or None for none."""
    return None if text is None else datetime.date.fromisoformat(text)


def test_every_shipped_entry_is_read(shipped):
    """The file holds all 89 base models of IBM's tables, as many of each generation as there are."""
    generations = [entry.generation for entry in shipped.bases.values()]
    counts = {name: generations.count(name) for name in ("previous", "next", "large")}
    assert counts == {"previous": 38, "next": 33, "large": 18}
    assert TEXT.count("\n  - name: ") == len(shipped.bases) == 89
    assert shipped.as_of == {"cloud": day("2026-06-30"), "cp4d": day("2023-05-02")}


def test_shipped_entries_are_consistent(shipped):
    """Names tell generation, language, kind and rate, and successors are listed and still offered."""
    rates = {"broadband": 16000, "multimedia": 16000, "narrowband": 8000, "telephony": 8000, "large": 8000}
    without_entries = Catalog(shipped.as_of, {}, {})
    for name, entry in shipped.bases.items():
        assert without_entries.generation(name) == entry.generation
        assert name.startswith(entry.language)
        assert entry.kind == "large" if name == entry.language else entry.kind in name.lower()
        assert entry.min_rate_hz == rates[entry.kind]
        assert set(entry.customization) == {"cloud", "cp4d"}
        assert bool(entry.discontinued) == (entry.generation == "previous")
        assert entry.successor or entry.generation != "previous"
        for successor in (entry.successor, *entry.successor_alternatives):
            assert successor is None or not shipped.bases[successor].discontinued


def test_dates_inside_known_versions_are_their_own_and_precede_the_release(shipped):
    """A known version says the date that is in its string, weeks to months before it was released."""
    known = [version for entry in shipped.bases.values() for version in entry.known_versions]
    assert len(known) == 16
    for version in known:
        if version.embedded and ".v" in version.version:
            assert version.version.endswith(f".v{version.embedded}")
        if version.embedded and version.released:
            assert 18 <= (version.released - version.embedded).days <= 111


@pytest.mark.parametrize(
    ("base", "deployment", "date", "method"),
    [
        ("en-US_BroadbandModel", "cloud", "2020-02-24", "upgrade_model"),
        ("en-US_NarrowbandModel", "cloud", "2019-06-24", "upgrade_model"),  # not in the note of 24 February 2020
        ("en-US_NarrowbandModel", "cp4d", None, None),
        ("ja-JP_NarrowbandModel", "cloud", "2020-02-24", "upgrade_model"),
        ("pt-BR_NarrowbandModel", "cp4d", "2020-12-09", "upgrade_model"),
        ("zh-CN_BroadbandModel", "cloud", None, None),
        ("zh-CN_Telephony", "cloud", "2022-02-02", "upgrade_model"),
        ("zh-CN_Telephony", "cp4d", "2022-02-23", "upgrade_model"),
        ("fr-CA_Telephony", "cloud", "2023-01-20", "upgrade_model"),
        ("fr-CA_Telephony", "cp4d", "2023-02-23", "upgrade_model"),
        ("ja-JP_Multimedia", "cloud", "2023-02-27", "train"),
        ("ja-JP_Multimedia", "cp4d", "2023-05-02", "train"),
        ("de-DE_Telephony", "cloud", None, None),  # improved, but no note says that an upgrade is required
        ("en-US", "cloud", None, None),
        ("xx-XX_Telephony", "cloud", None, None),
    ],
)
def test_last_required_update(shipped, base, deployment, date, method):
    """The latest update that requires an upgrade is known for each deployment apart."""
    update = shipped.last_required(base, deployment)
    assert (update.date, update.method) == (day(date), method) if date else update is None


def test_required_updates_are_all_kept_oldest_first(shipped):
    """A base keeps its whole history, and the version where the release note itself gave it."""
    updates = shipped.bases["es-ES_NarrowbandModel"].required["cloud"]
    assert [update.date for update in updates] == sorted(update.date for update in updates)
    assert [update.version for update in updates if update.version] == [
        "es_ES.8kHz.general.lm20180522235959.am20180522235959"
    ]
    japanese = shipped.bases["ja-JP_Multimedia"].required["cloud"]
    assert [update.method for update in japanese] == ["upgrade_model", "train"]
    assert japanese[0].source == "release-notes.md, 20 October 2022"


def test_the_nine_bases_that_were_improved_first(shipped):
    """Nine English and Japanese bases have a dated line in IBM's table, in both deployments; no others have."""
    certain = [name for name, e in shipped.bases.items() if any(i.certainty == "table" for i in e.improved.values())]
    assert sorted(certain) == sorted(IMPROVED_FIRST)
    for name in IMPROVED_FIRST:
        assert shipped.improved(name, "cloud").since == day("2023-02-27")
        assert shipped.improved(name, "cp4d").since == day("2023-05-01")


@pytest.mark.parametrize(
    ("base", "since", "certainty"),
    [
        ("fr-FR_Multimedia", "2023-05-18", "note_and_list"),
        ("de-DE_Telephony", "2023-05-18", "note_and_list"),
        ("pt-BR_Telephony", "2023-11-30", "note_and_list"),
        ("fr-CA_Multimedia", "2023-11-30", "note_and_list"),
        ("fr-CA_Telephony", "2023-11-30", "note_only"),
        ("es-LA_Telephony", "2023-11-30", "note_only"),
    ],
)
def test_less_certain_improvements_are_of_ibm_cloud_only(shipped, base, since, certainty):
    """Where only release notes speak of improved customization, it is marked so and not carried to clusters."""
    improved = shipped.improved(base, "cloud")
    assert (improved.since, improved.certainty) == (day(since), certainty)
    assert shipped.improved(base, "cp4d") is None


@pytest.mark.parametrize("base", ["ko-KR_Telephony", "zh-CN_Telephony", "en-US_BroadbandModel", "en-US", "unheard-of"])
def test_other_bases_are_not_improved(shipped, base):
    """Nothing is guessed: a base without a statement is not taken for an improved one."""
    assert shipped.improved(base, "cloud") is None


@pytest.mark.parametrize(
    ("base", "version", "inside"),
    [
        ("en-GB_Telephony", "en-GB_Telephony.v2021-03-02", False),
        ("en-GB_Telephony", "en-GB_Telephony.v2021-03-03", True),
        ("en-GB_Telephony", "en-GB_Telephony.v2021-07-01", True),
        ("en-GB_Telephony", "en-GB_Telephony.v2021-10-04", True),
        ("en-GB_Telephony", "en-GB_Telephony.v2021-10-05", False),
        ("en-US_Telephony", "en-US_Telephony.v2021-03-03", False),  # its range begins later
        ("en-US_Telephony", "en-US_Telephony.v2021-06-17", True),
        ("en-GB_Telephony", "en_GB.8kHz.general.lm20210703235959.am20210703235959", False),
        ("en-GB_Telephony", "en-GB_Telephony.v2021-07-32", False),
        ("en-GB_Telephony", "en-GB_Telephony.v2021-07-01-beta", False),
        ("en-GB_Telephony", "2021-07-01", False),
        ("en-GB_Telephony", "", False),
        ("en-GB_Multimedia", "en-GB_Multimedia.v2021-07-01", False),
        ("xx-XX_Telephony", "xx-XX_Telephony.v2021-07-01", False),
    ],
)
@pytest.mark.parametrize(("deployment", "noted"), [("cloud", "2021-12-03"), ("cp4d", "2021-12-20")])
def test_versions_that_must_be_made_anew(shipped, base, version, inside, deployment, noted):
    """A version from the first to the last of a range must be made anew; one without a date is left alone."""
    found = shipped.must_recreate(base, deployment, version)
    assert (found is not None) == inside
    assert found is None or found.noted == day(noted)


def test_a_range_without_a_first_version_is_open_at_the_start():
    """`first: null` covers every dated version up to the last, in the deployment that is named and no other."""
    catalog = parse(MINIMAL)
    assert catalog.must_recreate("en-US_Telephony", "cloud", "en-US_Telephony.v2015-01-01")
    assert catalog.must_recreate("en-US_Telephony", "cloud", "en-US_Telephony.v2021-10-05") is None
    assert catalog.must_recreate("en-US_Telephony", "cp4d", "en-US_Telephony.v2015-01-01") is None


@pytest.mark.parametrize(
    ("name", "generation"),
    [
        ("en-US_Telephony", "next"),
        ("xx-YY_BroadbandModel", "previous"),
        ("xx-YY_ShortForm_NarrowbandModel", "previous"),
        ("ar-AR_BroadbandModel", "previous"),
        ("en-IN_Multimedia", "next"),
        ("xx-YY_Medical_Telephony", "next"),
        ("xx-YY", "large"),
        ("xx-YY\n", "unknown"),
        ("xx-yy", "unknown"),
        ("en-US_Telephony.v2021-10-04", "unknown"),
        ("en-US_Marvellous", "unknown"),
        ("", "unknown"),
    ],
)
def test_generation(shipped, name, generation):
    """Listed or not, a base model's generation is told by its name; a shape never seen is said to be unknown."""
    assert shipped.generation(name) == generation


def test_an_entry_overrules_the_shape_of_its_name():
    """An operator who lists a base model decides its generation."""
    catalog = parse(MINIMAL.replace("name: en-US_Telephony", "name: en-US_Marvellous"))
    assert catalog.generation("en-US_Marvellous") == "next"


def test_retired_names_have_no_entry_but_lead_to_one(shipped):
    """A name that the service refuses is not mistaken for its replacement."""
    assert shipped.base("en-UK_BroadbandModel") is None
    assert shipped.base(shipped.retired_names["en-UK_BroadbandModel"]).name == "en-GB_BroadbandModel"
    assert set(shipped.retired_names) == {"ar-AR_BroadbandModel", "en-UK_BroadbandModel", "en-UK_NarrowbandModel"}


@pytest.mark.parametrize(
    ("base", "successor", "alternatives"),
    [
        ("en-US_BroadbandModel", "en-US", ("en-US_Multimedia",)),
        ("es-MX_NarrowbandModel", "es-MX", ("es-LA_Telephony",)),
        ("ko-KR_BroadbandModel", "ko-KR_Multimedia", ()),
        ("zh-CN_NarrowbandModel", "zh-CN_Telephony", ()),
        ("en-US_Telephony", "en-US", ()),
        ("sv-SE_Telephony", None, ()),
    ],
)
def test_successor(shipped, base, successor, alternatives):
    """Migration leads to the large speech model of the locale, else to the next generation."""
    entry = shipped.base(base)
    assert (entry.successor, entry.successor_alternatives) == (successor, alternatives)


def test_customization_is_known_for_each_deployment(shipped):
    """What may be customized is told for language and acoustic models, and unknown where no page says."""
    chinese, german = shipped.base("zh-CN_BroadbandModel"), shipped.base("de-DE")
    assert (chinese.customization["cloud"].language, chinese.customization["cloud"].acoustic) == ("none", "ga")
    assert (german.customization["cloud"].language, german.customization["cp4d"].language) == ("ga", "unknown")


def test_optional_keys_may_be_left_out_and_dates_need_no_quotes():
    """An operator may write the least and leave out the quotes around a date."""
    catalog = parse(MINIMAL)
    assert catalog.as_of["cp4d"] == day("2023-05-02")
    assert catalog.retired_names == {}
    assert catalog.bases["en-US_Telephony"].improved == {}
    assert catalog.bases["en-US_Telephony"].known_versions == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(
            '"2022-02-02"',
            '"2022-02-30"',
            ["en-US_Telephony.required.cloud, item 1.date: ", "date (found '2022-02-30')"],
            id="no such day",
        ),
        pytest.param(
            '"2022-02-02"',
            "2022-02-30",
            ["en-US_Telephony.required.cloud, item 1.date: ", "date (found '2022-02-30')"],
            id="no such day, unquoted",
        ),
        pytest.param('"2022-02-02"', "2022", ["item 1.date: Expected `date`, got `int`"], id="a year"),
        pytest.param(
            "kind: telephony",
            "kind: telephony\n    knid: telephony",
            ["en-US_Telephony: unknown key “knid”; the keys are name, language,"],
            id="unknown key",
        ),
        pytest.param("bases:", "base: []\nbases:", ["top level: unknown key “base”"], id="unknown key on top"),
        pytest.param(
            "method: train, ",
            "method: train, how: well, ",
            ["en-US_Telephony.required.cloud, item 2: unknown key “how”"],
            id="unknown key deep inside",
        ),
        pytest.param("    kind: telephony\n", "", ["en-US_Telephony: ", "missing required field `kind`"], id="missing"),
        pytest.param("method: train", "method: pray", ["item 2.method: ", "'pray'"], id="unknown word"),
        pytest.param(
            "required:\n      cloud:",
            "required:\n      cluod:",
            ["en-US_Telephony.required: ", "'cluod'"],
            id="unknown deployment",
        ),
        pytest.param(
            "min_rate_hz: 8000",
            "min_rate_hz: eight",
            ["en-US_Telephony.min_rate_hz: Expected `int`, got `str` (found 'eight')"],
            id="no number",
        ),
        pytest.param(
            '"2023-02-27"',
            '"2021-02-27"',
            ["en-US_Telephony: required.cloud must be in the order of dates"],
            id="out of order",
        ),
        pytest.param(
            "first: null",
            "first: en-US_Telephony.v2022-01-01",
            ["en-US_Telephony.recreate.cloud, item 1: a range goes from one version to a later one"],
            id="range upside down",
        ),
        pytest.param(
            "last: en-US_Telephony.v2021-10-04",
            "last: latest",
            ["en-US_Telephony.recreate.cloud, item 1: a range goes from one version"],
            id="range that no version can be compared with",
        ),
        pytest.param(
            "kind: telephony",
            "kind: telephony\n    successor: en-USA",
            ["en-US_Telephony.successor: “en-USA” is not listed and does not look like"],
            id="successor that cannot be",
        ),
        pytest.param(
            "bases:",
            "retired_names: {en-UK: Telephony}\nbases:",
            ["retired_names.en-UK: “Telephony” is not listed and does not look like"],
            id="replacement that cannot be",
        ),
        pytest.param(", cp4d: 2023-05-02", "", ["as_of: no day for cp4d"], id="deployment without a day"),
        pytest.param(
            "kind: telephony",
            "kind: telephony\n    kind: large",
            ["line 8: “kind” is given twice"],
            id="key twice",
        ),
        pytest.param("bases:\n", "bases: [\n", ["line 4: "], id="not YAML"),
        pytest.param("kind: telephony", "kind: !!int telephony", ["not YAML: ", "telephony"], id="tag that lies"),
        pytest.param(
            "kind: telephony",
            "kind: !!python/name:os.system",
            ["line 7: could not determine a constructor"],
            id="tag that would run code",
        ),
        pytest.param("as_of", "as_of\x07", ["not YAML: ", "control characters"], id="control character"),
    ],
)
def test_a_fault_is_refused_with_its_place(old, new, said):
    """Whatever is wrong with a catalog, the message says where it is and what was found there."""
    assert MINIMAL.count(old) == 1
    with pytest.raises(CatalogError) as caught:
        parse(MINIMAL.replace(old, new))
    for part in ("The catalog of base models cannot be read.", *said):
        assert part in caught.value.text
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("# nothing but a comment\n", "it is empty"),
        ("hello", "top level: Expected `object`, got `str` (found 'hello')"),
        ("- name: en-US\n", "top level: Expected `object`, got `array`"),
        ("as_of: {}\n", "top level: Object missing required field `bases`"),
    ],
)
def test_a_text_that_is_no_catalog_is_refused(text, said):
    """An empty file, a lone word or a list is told apart from a catalog."""
    with pytest.raises(CatalogError, match="cannot be read") as caught:
        parse(text)
    assert caught.value.text.splitlines()[1] == said


def test_a_base_listed_twice_is_refused():
    """Of two entries with one name neither is silently dropped."""
    entry = MINIMAL[MINIMAL.index("  - name") :]
    with pytest.raises(CatalogError, match="en-US_Telephony: listed 2 times"):
        parse(MINIMAL + entry)


def test_all_faults_are_said_at_once():
    """An operator mends the file in one go: each fault has a line of its own."""
    wrong = MINIMAL.replace("8000", "eight").replace('"2026-06-30"', "soon").replace("pgrade_model", "p")
    with pytest.raises(CatalogError) as caught:
        parse(wrong)
    places = [line.partition(": ")[0] for line in caught.value.text.splitlines()[1:]]
    assert places == [
        "as_of.cloud",
        "en-US_Telephony.min_rate_hz",
        "en-US_Telephony.required.cloud, item 1.method",
    ]


def test_a_file_that_is_no_catalog():
    """Somebody named another file: how much of it is no catalog is told, and none of it is shown."""
    with pytest.raises(CatalogError) as caught:
        parse("root:$6$salt$secret-hash: 1\nuser:$6$more: 2\nsecret_but_short: 3\n")
    assert "2 lines that are not keys of a catalog" in str(caught.value)
    assert "hash" not in str(caught.value)
    with pytest.raises(CatalogError) as caught:
        parse("root:$6$salt$secret-hash-that-is-much-longer-than-a-name:19000:0:99999:7:::")
    assert "hash" not in str(caught.value)
