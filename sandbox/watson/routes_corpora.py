"""Corpora and grammars of custom language models."""

from __future__ import annotations

import re

from aiohttp import BodyPartReader

from sandbox.watson import bases
from sandbox.watson.custom_models import CustomModel
from sandbox.watson.exchange import Exchange, Reply, Routes
from sandbox.watson.failures import Refused
from sandbox.watson.resources import LONGEST_NAME, Corpus, Grammar, Word

MOST_WORDS = 10_000_000
"""Words of all corpora that one model may have."""

_PLAIN = frozenset(
    # The types that curl and IBM's own scripts send for a text file count as plain text too.
    {"text/plain", "application/octet-stream", "application/x-www-form-urlencoded", "application/json"}
)
_RESERVED = frozenset({"user", "base_lm", "default_lm"})
_SENTENCE = re.compile(r"[.!?\n]+")
_TOKEN = re.compile(r"[^\W_][\w'-]*")


async def add_corpus(x: Exchange) -> Reply:
    """`POST …/corpora/{corpus_name}`: plain text, as the body itself or as the form field `corpus_file`."""
    model, name = x.model("language"), x.part("corpus_name")
    content = await _corpus_text(x)
    _refuse_addition(x, model, name, replaces=name in model.data.corpora, taken=name in model.data.grammars)
    text = _decoded(content)
    words = _TOKEN.findall(text)
    others = sum(one.total_words for one in model.data.corpora.values() if one.name != name)
    if others + len(words) > MOST_WORDS:
        raise Refused("too_many_words", most=MOST_WORDS)
    corpus = Corpus(name, len(words), broken=not words)
    analysis = 5.0 + len(words) / 5000
    corpus.done_at = x.world.clock.after(analysis)
    model.data.forget_source(name)
    if bases.generation(model.base_model_name) == "previous":
        corpus.oov = _note_words(model, _unusual(text), name)
    model.data.corpora[name] = corpus
    model.changed(analysis)
    return Reply({}, 201)


async def add_grammar(x: Exchange) -> Reply:
    """`POST …/grammars/{grammar_name}`."""
    model, name = x.model("language"), x.part("grammar_name")
    if not bases.takes_grammars(model.base_model_name):
        raise Refused("no_grammars", base=model.base_model_name)
    if x.request.content_type not in ("application/srgs", "application/srgs+xml"):
        raise Refused("grammar_type")
    _refuse_addition(x, model, name, replaces=name in model.data.grammars, taken=name in model.data.corpora)
    text = _decoded(await x.request.read())
    grammar = Grammar(name, broken=not text.strip(), done_at=x.world.clock.after(4.0))
    model.data.forget_source(name)
    model.data.grammars[name] = grammar
    model.changed(4.0)
    return Reply({}, 201)


async def _corpus_text(x: Exchange) -> bytes:
    """The file, from a body of text or from a form, as IBM's SDK sends it."""
    if x.request.content_type in _PLAIN:
        return await x.request.read()
    if x.request.content_type != "multipart/form-data":
        raise Refused("corpus_type")
    try:
        async for part in await x.request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "corpus_file":
                if part.headers.get("Content-Type", "text/plain").partition(";")[0].strip() not in _PLAIN:
                    break
                return bytes(await part.read(decode=True))
    except ValueError as error:
        raise Refused("invalid_form", why=str(error)) from error
    raise Refused("corpus_type")


def _refuse_addition(x: Exchange, model: CustomModel, name: str, *, replaces: bool, taken: bool) -> None:
    if len(name) > LONGEST_NAME:
        raise Refused("too_long_name")
    if name in _RESERVED:
        raise Refused("reserved_name", name=name)
    if taken or (replaces and not x.flag("allow_overwrite")):
        raise Refused("resource_exists", name=name)
    model.refuse_if_busy()


def _decoded(content: bytes) -> str:
    """The text; empty if it is not UTF-8, which the service expects."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return ""


def _unusual(text: str) -> list[str]:
    """Words unlikely in a base vocabulary: with capitals inside a sentence, or with digits."""
    found: list[str] = []
    for sentence in _SENTENCE.split(text):
        for at, token in enumerate(_TOKEN.findall(sentence)):
            telling = token if at else token[1:]
            if telling != telling.lower() or any(one.isdigit() for one in token):
                found.append(token)
    return found


def _note_words(model: CustomModel, words: list[str], source: str) -> int:
    """Add *words* to the words resource; returns the number of different ones."""
    for word in words:
        known = model.data.words.get(word)
        if known is None:
            model.data.words[word] = Word(word, [word.lower()], word, source=[source])
        elif source in known.source:
            known.count += 1
        else:
            known.source.append(source)
    return len(set(words))


def _held(x: Exchange, plural: str) -> dict[str, Corpus] | dict[str, Grammar]:
    data = x.model("language").data
    return data.corpora if plural == "corpora" else data.grammars


def _kept(plural: str, kind: str) -> Routes:
    """Listing, reading and deleting corpora or grammars."""

    def one(x: Exchange) -> Corpus | Grammar:
        name = x.part(f"{kind}_name")
        found = _held(x, plural).get(name)
        if found is None:
            raise Refused("unknown_resource", kind=kind, name=name)
        return found

    async def listing(x: Exchange) -> Reply:
        now = x.world.clock.now()
        return Reply({plural: [found.describe(now) for found in _held(x, plural).values()]})

    async def reading(x: Exchange) -> Reply:
        return Reply(one(x).describe(x.world.clock.now()))

    async def deleting(x: Exchange) -> Reply:
        model, found = x.model("language"), one(x)
        model.refuse_if_busy()
        del _held(x, plural)[found.name]
        model.data.forget_source(found.name)
        model.changed()
        return Reply({})

    place = f"{_ONE}/{plural}"
    named = f"{place}/{{{kind}_name}}"
    return {("GET", place): listing, ("GET", named): reading, ("DELETE", named): deleting}


_ONE = "/v1/customizations/{customization_id}"

ROUTES: Routes = {
    **_kept("corpora", "corpus"),
    **_kept("grammars", "grammar"),
    ("POST", f"{_ONE}/corpora/{{corpus_name}}"): add_corpus,
    ("POST", f"{_ONE}/grammars/{{grammar_name}}"): add_grammar,
}
