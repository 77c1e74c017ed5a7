"""Custom words of language models."""

from __future__ import annotations

from typing import Any

from sandbox.watson import bases
from sandbox.watson.custom_models import CustomModel
from sandbox.watson.exchange import Exchange, Reply, Routes
from sandbox.watson.failures import Refused
from sandbox.watson.resources import JSON, Word

MOST_WORDS = 90_000
"""Custom words that one model may have; documented for the previous generation."""

_MOST_SOUNDS = 5
_LONGEST_SOUND = 40
_LONGEST_JAPANESE = 25


async def list_words(x: Exchange) -> Reply:
    """`GET …/words`, by default in alphabetical order (digits, capitals, small letters)."""
    model = x.model("language")
    kind = x.choice("word_type", "all", "user", "corpora", "grammars")
    sort = x.choice("sort", "alphabetical", "+alphabetical", "-alphabetical", "count", "+count", "-count")
    found = [word for word in model.data.words.values() if _is_of(model, word, kind)]
    found.sort(key=lambda word: word.word, reverse=sort == "-alphabetical")
    if sort.endswith("count"):
        found.sort(key=lambda word: word.count, reverse=sort.startswith("-"))
    return Reply({"words": [_described(x, word) for word in found]})


async def get_word(x: Exchange) -> Reply:
    """`GET …/words/{word_name}`."""
    return Reply(_described(x, _find(x)))


async def add_words(x: Exchange) -> Reply:
    """`POST …/words`: all or none; the analysis then marks words with invalid sounds-likes."""
    model = x.model("language")
    body = await x.json()
    given = body.get("words")
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Refused("invalid_parameter", name="words", value=given)
    words = [_defined(model, one.get("word"), one) for one in given]
    model.refuse_if_busy()
    _refuse_too_many(model, words)
    for word in words:
        _put(model, word)
    model.changed(2.0 + len(words) / 50)
    return Reply({}, 201)


async def add_word(x: Exchange) -> Reply:
    """`PUT …/words/{word_name}`, effective at once; an invalid sounds-like is refused."""
    model = x.model("language")
    word = _defined(model, x.part("word_name"), await x.json())
    if word.error:
        raise Refused("invalid_word", word=word.word, why="; ".join(word.error.values()))
    model.refuse_if_busy()
    _refuse_too_many(model, [word])
    known = model.data.words.get(word.word)
    same = known is not None and _definition(known) == _definition(word) and "user" in known.source
    _put(model, word)
    if not same or x.world.assumptions.same_definition_counts:
        model.changed()
    return Reply({}, 201)


async def delete_word(x: Exchange) -> Reply:
    """`DELETE …/words/{word_name}`."""
    model, word = x.model("language"), _find(x)
    model.refuse_if_busy()
    del model.data.words[word.word]
    model.changed()
    return Reply({})


def _described(x: Exchange, word: Word) -> JSON:
    return word.describe(errors_named=x.world.assumptions.word_errors_named)


def _find(x: Exchange) -> Word:
    name = x.part("word_name")
    found = x.model("language").data.words.get(name)
    if found is None:
        raise Refused("unknown_resource", kind="word", name=name)
    return found


def _is_of(model: CustomModel, word: Word, kind: str) -> bool:
    if kind == "all":
        return True
    if kind == "user":
        return "user" in word.source
    names = model.data.corpora if kind == "corpora" else model.data.grammars
    return any(source in names for source in word.source)


def _defined(model: CustomModel, name: object, body: JSON) -> Word:
    """The word in *body*, marked if its sounds-likes are invalid. Raises `Refused` if it is not a word."""
    sounds = body.get("sounds_like") or []
    if not isinstance(name, str) or not name or any(one.isspace() for one in name):
        raise Refused("invalid_word", word=name or "", why="a word is needed, without spaces")
    if not isinstance(sounds, list) or not all(isinstance(one, str) for one in sounds):
        raise Refused("invalid_word", word=name, why="sounds_like must be a list of texts")
    if model.language == "ja-JP" and len(name) > _LONGEST_JAPANESE:
        raise Refused("invalid_word", word=name, why=f"at most {_LONGEST_JAPANESE} characters")
    shown: Any = body.get("display_as")
    faults = _faults(model, name, sounds)
    if not sounds and bases.generation(model.base_model_name) == "previous":
        sounds = [name.lower()]
    return Word(name, list(sounds), str(shown or name), mapping_only=body.get("mapping_only"), error=faults or None)


def _faults(model: CustomModel, name: str, sounds: list[str]) -> dict[str, str]:
    """The faulty sounds-likes of a request, each with its reason."""
    found: dict[str, str] = {}
    longest = _LONGEST_JAPANESE if model.language == "ja-JP" else _LONGEST_SOUND
    if len(sounds) > _MOST_SOUNDS:
        found[name] = f"At most {_MOST_SOUNDS} sounds_like are allowed."
    for sound in sounds:
        if not sound.strip():
            found[sound] = "An empty sounds_like is not allowed."
        elif len(sound.strip()) > longest:
            found[sound] = f"A sounds_like has at most {longest} characters."
        elif any(one.isdigit() for one in sound):
            found[sound] = "Numbers are not allowed in sounds_like. Spell them out, for example 'seventy five'."
    return found


def _refuse_too_many(model: CustomModel, added: list[Word]) -> None:
    if len({*model.data.words, *(word.word for word in added)}) > MOST_WORDS:
        raise Refused("too_many_words", most=MOST_WORDS)


def _put(model: CustomModel, word: Word) -> None:
    """Add *word* or replace its definition; its source is kept."""
    known = model.data.words.get(word.word)
    if known is not None:
        word.count = known.count
        word.source = [*known.source, *(["user"] if "user" not in known.source else [])]
    model.data.words[word.word] = word


def _definition(word: Word) -> tuple[list[str], str, Any]:
    return word.sounds_like, word.display_as, word.mapping_only


_ONE = "/v1/customizations/{customization_id}"

ROUTES: Routes = {
    ("GET", f"{_ONE}/words"): list_words,
    ("POST", f"{_ONE}/words"): add_words,
    ("PUT", f"{_ONE}/words/{{word_name}}"): add_word,
    ("GET", f"{_ONE}/words/{{word_name}}"): get_word,
    ("DELETE", f"{_ONE}/words/{{word_name}}"): delete_word,
}
