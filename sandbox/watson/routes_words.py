"""Custom words of language models."""

from __future__ import annotations

from typing import Any

from sandbox.watson import bases
from sandbox.watson.custom_models import CustomModel
from sandbox.watson.exchange import Exchange, Reply, Routes
from sandbox.watson.failures import Refused
from sandbox.watson.resources import JSON, Word

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
    return Reply({"words": [word.describe() for word in found]})


async def get_word(x: Exchange) -> Reply:
    """`GET …/words/{word_name}`."""
    return Reply(_find(x).describe())


async def add_words(x: Exchange) -> Reply:
    """`POST …/words`: all or none, then analysed."""
    model = x.model("language")
    body = await x.json()
    given = body.get("words")
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Refused("invalid_parameter", name="words", value=given)
    words = [_checked(model, str(one.get("word") or ""), one) for one in given]
    model.refuse_if_busy()
    for word in words:
        _put(model, word)
    model.changed(2.0 + len(words) / 50)
    return Reply({}, 201)


async def add_word(x: Exchange) -> Reply:
    """`PUT …/words/{word_name}`, done at once."""
    model = x.model("language")
    word = _checked(model, x.part("word_name"), await x.json())
    model.refuse_if_busy()
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


def _checked(model: CustomModel, name: str, body: JSON) -> Word:
    """The word that *body* defines. Raises `Refused` for a definition that the service does not take."""
    sounds = body.get("sounds_like") or []
    if not name or any(one.isspace() for one in name):
        raise Refused("invalid_word", word=name, why="a word is needed, without spaces")
    if not isinstance(sounds, list) or not all(isinstance(one, str) for one in sounds):
        raise Refused("invalid_word", word=name, why="sounds_like must be a list of texts")
    if len(sounds) > _MOST_SOUNDS:
        raise Refused("invalid_word", word=name, why=f"at most {_MOST_SOUNDS} sounds_like")
    japanese = model.language == "ja-JP"
    longest = _LONGEST_JAPANESE if japanese else _LONGEST_SOUND
    if japanese and len(name) > _LONGEST_JAPANESE:
        raise Refused("invalid_word", word=name, why=f"at most {_LONGEST_JAPANESE} characters")
    for sound in sounds:
        if len(sound.strip()) > longest:
            raise Refused("invalid_word", word=name, why=f"sounds_like of at most {longest} characters")
        if any(one.isdigit() for one in sound):
            raise Refused("invalid_word", word=name, why="Numbers are not allowed in sounds_like")
    shown: Any = body.get("display_as")
    if not sounds and bases.generation(model.base_model_name) == "previous":
        sounds = [name.lower()]
    return Word(name, list(sounds), str(shown or name), mapping_only=body.get("mapping_only"))


def _put(model: CustomModel, word: Word) -> None:
    """Adds *word* or replaces the definition it had; where it came from is kept."""
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
