"""Puts the fleet of `fleet.yaml` into a world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import yaml

from sandbox.watson import bases
from sandbox.watson.clock import moment
from sandbox.watson.custom_models import CustomModel
from sandbox.watson.resources import Audio, Corpus, Grammar, Word
from sandbox.watson.state import Credentials, Instance, World

FLEET = Path(__file__).with_name("fleet.yaml")

_NAMES: Mapping[str, tuple[str, str]] = {
    # Beginnings and endings of made-up names, by language; "" is for languages not listed.
    "": (
        "Ald Bar Bel Bran Cal Cor Dar Del Ed Fal Fen Gal Gar Hal Har Ing Jar Kel Ken Lan Lor Mar Mel Nor Ol Pel Quin "
        "Ral Ren Sal Sel Tal Ter Ul Val Ver Wal Win Yor Zel",
        "ba by dale den dor fast field ford gate ham hurst kin lan ley low mann mere mond more nell ney on over port "
        "ray rick rose row sall ston stow sworth ter thorpe ton vale well wick wood worth",
    ),
    "ja": ("青 石 上 大 小 木 佐 高 田 中 西 東 藤 松 三 森", "井 川 木 沢 島 田 谷 野 原 村 本 山"),
    "zh": ("安 百 长 大 方 恒 华 康 乐 明 平 庆", "宝 达 方 丰 和 康 宁 泰 通 源"),
}

_STRIDE = 619
"""Shares no factor with the number of names in any language, so that a walk visits each name once."""


def seed_fleet(world: World, *, models: bool = True) -> None:
    """Adds the three instances and, with *models*, their custom models."""
    for name, entry in _fleet()["instances"].items():
        instance = world.add_instance(
            name,
            entry["deployment"],
            str(entry["id"]),
            owner=entry["owner"],
            credentials=Credentials(**entry["credentials"]),
        )
        if not models:
            continue
        for model_name, facts in entry["models"].items():
            _add_model(world, instance, model_name, facts)
        for base in entry.get("retired", ()):
            world.retire(name, base)


@cache
def _fleet() -> Mapping[str, Any]:
    """The file, read once: parsing takes 50 ms without libyaml, and a test suite creates hundreds of worlds."""
    loaded: Mapping[str, Any] = yaml.safe_load(FLEET.read_text(encoding="utf-8"))
    return loaded


def _add_model(world: World, instance: Instance, name: str, facts: Mapping[str, Any]) -> None:
    trained_with = facts.get("trained_with")
    model = world.add_model(
        instance.name,
        facts.get("kind", "language"),
        name,
        facts["base"],
        versions=facts["versions"],
        status=facts["status"],
        id=facts["id"],
        created=moment(facts["created"]),
        description=facts.get("description"),
        language_model=world.model(trained_with).customization_id if trained_with else None,
    )
    model.updated_at = moment(facts["updated"])
    model.trained = facts["status"] != "pending"
    model.language_model_version = facts["versions"][-1] if trained_with else None
    _fill(model, facts)


def _fill(model: CustomModel, facts: Mapping[str, Any]) -> None:
    """Give *model* its data. The same facts always give the same words."""
    data = model.data
    previous = bases.generation(model.base_model_name) == "previous"
    coined = _coin(model.language[:2], model.name)
    for name, counts in facts.get("corpora", {}).items():
        if counts == "broken":
            data.corpora[name] = Corpus(name, broken=True)
            continue
        total, oov = counts
        data.corpora[name] = Corpus(name, total, oov)
        for number in range(oov):
            word = next(coined)
            data.words[word] = Word(word, [word.lower()], word, 1 + 60 // (number + 1), [name])
    for text in facts.get("words", ()):
        word, *rest = (part.strip() for part in text.split("="))
        sounds = rest[:1] or ([word.lower()] if previous else [])
        data.words[word] = Word(word, sounds, rest[1] if len(rest) > 1 else word)
    for _ in range(facts.get("more_words", 0)):
        word = next(coined)
        data.words[word] = Word(word, [], word)
    data.grammars = {name: Grammar(name) for name in facts.get("grammars", ())}
    data.audio = {one.name: one for one in _recordings(model, facts.get("audio", {}))}


def _recordings(model: CustomModel, minutes: Mapping[str, float]) -> Iterator[Audio]:
    rate = bases.rate(model.base_model_name)
    details = {"type": "audio", "codec": "pcm_s16le", "frequency": rate}
    for title, length in minutes.items():
        name = title.removesuffix(".archive")
        seconds = length * 60
        if title == name:
            yield Audio(name, seconds, details)
            continue
        parts = [Audio(f"{name}-{at + 1:02}.wav", seconds / 8, details) for at in range(8)]
        yield Audio(name, seconds, {"type": "archive", "compression": "zip"}, files=parts)


def _coin(language: str, model: str) -> Iterator[str]:
    """Made-up names, each once, in an order specific to each model."""
    beginnings, endings = (part.split() for part in _NAMES.get(language, _NAMES[""]))
    count = len(beginnings) * len(endings)
    first = crc32(model.encode())
    for step in range(count):
        at = (first + step * _STRIDE) % count
        yield beginnings[at // len(endings)] + endings[at % len(endings)]
