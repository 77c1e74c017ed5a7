"""The contents of custom models: corpora, words, grammars and audio, as the service describes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]

LONGEST_NAME = 128
"""Characters in the name of a corpus, grammar or recording."""


@dataclass(slots=True)
class Corpus:
    """A corpus; *oov* counts out-of-vocabulary words (0 for next-generation models). *done_at* ends its analysis."""

    name: str
    total_words: int = 0
    oov: int = 0
    done_at: float = 0.0
    broken: bool = False

    def describe(self, now: float) -> JSON:
        """`Corpus` of the API; counts are 0 while it is analysed."""
        counts = {"total_words": self.total_words, "out_of_vocabulary_words": self.oov}
        return _text(
            self, "corpus", counts, now, "adding the corpus again by setting the 'allow_overwrite' flag to 'true'"
        )


@dataclass(slots=True)
class Grammar:
    """A grammar; fields as in `Corpus`."""

    name: str
    oov: int = 0
    done_at: float = 0.0
    broken: bool = False

    def describe(self, now: float) -> JSON:
        """`Grammar` of the API."""
        remedy = "fixing the error or adding the grammar again by setting the 'allow_overwrite' flag to 'true'."
        return _text(self, "grammar", {"out_of_vocabulary_words": self.oov}, now, remedy)


@dataclass(slots=True)
class Word:
    """A word of the words resource; *source* holds `user` or the names of corpora and grammars."""

    word: str
    sounds_like: list[str] = field(default_factory=list)
    display_as: str = ""
    count: int = 1
    source: list[str] = field(default_factory=lambda: ["user"])
    mapping_only: Any = None
    error: dict[str, str] | None = None

    def describe(self, *, errors_named: bool = False) -> JSON:
        """`Word` of the API; *errors_named* selects the other of the two formats of its `error`."""
        found: JSON = {
            "word": self.word,
            "sounds_like": self.sounds_like,
            "display_as": self.display_as or self.word,
            "count": self.count,
            "source": self.source,
        }
        if self.mapping_only is not None:
            found["mapping_only"] = self.mapping_only
        if self.error:
            pairs = self.error.items()
            found["error"] = [{one: why} if errors_named else {"element": f'"{one}": "{why}"'} for one, why in pairs]
        return found


@dataclass(slots=True)
class Audio:
    """An audio resource of *seconds*; an archive has *files*. *details* is `AudioDetails` of the API."""

    name: str
    seconds: float
    details: JSON = field(default_factory=dict)
    done_at: float = 0.0
    broken: bool = False
    files: list[Audio] = field(default_factory=list)

    def status(self, now: float) -> str:
        """`ok`, `being_processed` or `invalid`."""
        if now < self.done_at:
            return "being_processed"
        return "invalid" if self.broken else "ok"

    def describe(self, now: float) -> JSON:
        """`AudioResource` of the API; no duration and no details while it is analysed."""
        busy = now < self.done_at
        return {
            "duration": 0 if busy else round(self.seconds),
            "name": self.name,
            "details": {} if busy else self.details,
            "status": self.status(now),
        }

    def listing(self, now: float) -> JSON:
        """`AudioListing` of the API: an archive shows its files."""
        if not self.files:
            return self.describe(now)
        return {"container": self.describe(now), "audio": [one.describe(now) for one in self.files]}


@dataclass(slots=True)
class Data:
    """The contents of one custom model, by name."""

    corpora: dict[str, Corpus] = field(default_factory=dict)
    words: dict[str, Word] = field(default_factory=dict)
    grammars: dict[str, Grammar] = field(default_factory=dict)
    audio: dict[str, Audio] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether there is nothing at all."""
        return not (self.corpora or self.words or self.grammars or self.audio)

    def clear(self) -> None:
        """Removes everything (reset)."""
        for kind in (self.corpora, self.words, self.grammars, self.audio):
            kind.clear()

    def processing(self, now: float) -> bool:
        """Whether a corpus, grammar or recording is still analysed."""
        return any(now < one.done_at for one in self._analysed())

    def usable(self, now: float) -> bool:
        """Whether at least one resource is valid; without one a model stays `pending`."""
        return any(not one.broken and now >= one.done_at for one in self._analysed()) or any(
            not word.error for word in self.words.values()
        )

    def invalid(self) -> dict[str, list[str]]:
        """Names of invalid resources by the code of their `TrainingWarning`; kinds without any are left out."""
        found = {
            "invalid_corpus_files": _broken(self.corpora.values()),
            "invalid_grammar_files": _broken(self.grammars.values()),
            "invalid_words": [word.word for word in self.words.values() if word.error],
            "invalid_audio_files": _broken(self.audio.values()),
        }
        return {code: names for code, names in found.items() if names}

    def minutes(self, now: float) -> float:
        """Minutes of valid audio, `total_minutes_of_audio` of the API."""
        return sum(one.seconds for one in self.audio.values() if one.status(now) == "ok") / 60

    def forget_source(self, source: str) -> None:
        """Drop the words that came only from *source*, as when a corpus or grammar of that name is removed."""
        for word in list(self.words.values()):
            if source in word.source:
                word.source = [one for one in word.source if one != source]
                if not word.source:
                    del self.words[word.word]

    def _analysed(self) -> Iterator[Corpus | Grammar | Audio]:
        yield from self.corpora.values()
        yield from self.grammars.values()
        yield from self.audio.values()


def _text(one: Corpus | Grammar, kind: str, counts: dict[str, int], now: float, remedy: str) -> JSON:
    known = now >= one.done_at and not one.broken
    found: JSON = {
        "name": one.name,
        **{name: count if known else 0 for name, count in counts.items()},
        "status": _status(one.done_at, one.broken, now),
    }
    if found["status"] == "undetermined":
        found["error"] = f"Analysis of {kind} '{one.name}' failed. Please try {remedy}"
    return found


def _status(done_at: float, broken: bool, now: float) -> str:
    if now < done_at:
        return "being_processed"
    return "undetermined" if broken else "analyzed"


def _broken(resources: Iterable[Corpus | Grammar | Audio]) -> list[str]:
    return [one.name for one in resources if one.broken]
