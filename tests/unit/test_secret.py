"""A secret shows in no form but the one that is asked for by name."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any

import msgspec
import pytest
import yaml

from bot.secret import Secret

HUSH = "xoxb-hush-4711"


@dataclass(frozen=True, slots=True)
class Holder:
    """What keeps one, as the settings do."""

    token: Secret


SECRET = Secret(HUSH)

FORMS: dict[str, Callable[[], Any]] = {
    "str": lambda: str(SECRET),
    "repr": lambda: repr(SECRET),
    "ascii": lambda: ascii(SECRET),
    "f-string": lambda: f"{SECRET}",
    "f-string, repr": lambda: f"{SECRET!r} {SECRET!s} {SECRET!a} {SECRET=}",
    "format": lambda: f"{SECRET:>40} {SECRET:.9} {SECRET:s}",
    "str.format": lambda: "{0} {0!r} {0:<3} {0[0]}".format(SECRET),  # noqa: UP032 - another way in
    "percent": lambda: "%s %r %.3s" % (SECRET, SECRET, SECRET),  # noqa: UP031 - another way in
    "join": lambda: "-".join([SECRET, SECRET]),
    "plus": lambda: "Bearer " + SECRET + "!",
    "times": lambda: SECRET * 2,
    "slice": lambda: SECRET[:9] + SECRET[2] + SECRET[::-1],
    "iteration": lambda: "".join(list(SECRET)),
    "unpacking": lambda: [*SECRET],
    "bytes": lambda: SECRET.encode(),
    "upper": lambda: SECRET.upper() + SECRET.casefold() + SECRET.title(),
    "split": lambda: SECRET.split("-"),
    "replace": lambda: SECRET.replace("•", "") + SECRET.strip("x"),
    "translate": lambda: SECRET.translate({}),
    "str's own": lambda: str.__str__(SECRET) + str.__repr__(SECRET) + str.__format__(SECRET, ""),
    "new arguments": lambda: SECRET.__getnewargs__(),
    "json": lambda: json.dumps({"token": SECRET, "list": [SECRET]}, ensure_ascii=False),
    "json key": lambda: json.dumps({SECRET: 1}),
    "json default": lambda: json.dumps(Holder(SECRET), default=str),
    "json asdict": lambda: json.dumps(asdict(Holder(SECRET))),
    "yaml": lambda: yaml.dump({"token": str(SECRET)}),
    "pickle": lambda: [pickle.dumps(Holder(SECRET), protocol) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)],
    "pickle, plain": lambda: [pickle.dumps(SECRET, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)],
    "copies": lambda: (copy.copy(SECRET), copy.deepcopy([SECRET]), replace(Holder(SECRET))),
    "dataclass": lambda: f"{Holder(SECRET)} {Holder(SECRET)!r} {asdict(Holder(SECRET))} {astuple(Holder(SECRET))}",
    "state": lambda: SECRET.__getstate__(),
    "exception": lambda: (ValueError(SECRET).args, str(ValueError(SECRET)), repr(KeyError(SECRET))),
    "directory": lambda: [getattr(SECRET, name, None) for name in dir(str)],
}


@pytest.mark.parametrize("form", FORMS)
def test_masked(form: str):
    """However it is shown, encoded, cut, joined or copied."""
    assert "hush" not in repr(FORMS[form]())
    assert "4711" not in repr(FORMS[form]())


@pytest.mark.parametrize("encode", [msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins])
def test_what_takes_plain_text_only(encode: Callable[[Any], Any]):
    """It is refused, by its type."""
    with pytest.raises(TypeError) as refused:
        encode(Holder(SECRET))
    assert "hush" not in str(refused.value)


def test_searched():
    """Nothing can be asked of its text."""
    assert "hush" not in SECRET
    assert not SECRET.startswith("xoxb")
    assert SECRET.find("hush") == -1
    assert len(SECRET) == len(Secret("x"))
    with pytest.raises(TypeError):
        vars(SECRET)


def test_logged(caplog: pytest.LogCaptureFixture):
    """In a message, in its arguments, and in a traceback."""
    with caplog.at_level(logging.DEBUG):
        try:
            raise RuntimeError(SECRET)
        except RuntimeError as error:
            logging.getLogger("any").exception("%s of %r", SECRET, SECRET)
            shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "hush" not in caplog.text + shown


def test_used():
    """It can be had, compared, and counted once."""
    assert SECRET.reveal() == HUSH
    assert type(SECRET.reveal()) is str
    assert Secret(HUSH) == SECRET
    assert Secret("xoxb-other") != SECRET
    assert SECRET != HUSH
    assert SECRET != "•••"
    assert {SECRET, Secret(HUSH), Secret("xoxb-other")} == {SECRET, Secret("xoxb-other")}
    assert type(pickle.loads(pickle.dumps(SECRET))) is str  # what comes out of a pickle claims to be no secret
    assert copy.deepcopy(Holder(SECRET)).token.reveal() == HUSH
