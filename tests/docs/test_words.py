"""Plain words: the literary ones do not come back into docstrings, comments, log lines and the texts people read."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LITERARY = re.compile(
    r"\b(anew|nobody's business|sang|heard|hears|mends?|mended|behaves?|foreign|whoever|any ?body|"
    r"not there any more|makes no sense|nobody can say)\b",
    re.IGNORECASE,
)

ALLOWED = {
    "FOREIGN KEY": "SQL's own word",
    "foreign_keys": "SQLite's own word",
}
"""Texts that may contain one of the words, each with the reason."""

NOT_YET = ("tests/",)
"""Places whose texts are not checked yet."""

SECTION_NOT_YET = {"README.md": re.compile(r"^## Operation$.*?^(?=## )", re.MULTILINE | re.DOTALL)}
"""The same for a section of a file."""


def _prose(path: str, text: str) -> Iterator[tuple[int, str]]:
    """The lines of *text* that people read: comments and strings of Python, all of any other file."""
    if not path.endswith(".py"):
        yield from enumerate(text.splitlines(), 1)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(text)):
        # A string of one word is a name or a value, not a text.
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield from enumerate(node.value.splitlines(), node.lineno)


def literary(path: str, text: str) -> list[str]:
    """Every literary word in the prose of one file, with its place."""
    found = []
    for number, line in _prose(path, text):
        for allowed in ALLOWED:
            line = line.replace(allowed, "")
        found += [f"{path}:{number}: {word[0]}: {line.strip()}" for word in LITERARY.finditer(line)]
    return found


def _files() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    kinds = (".py", ".md", ".toml", ".yml", ".yaml", ".js", ".html", "Makefile")
    return [path for path in listed if path.endswith(kinds) and not path.startswith(NOT_YET)]


def _text(path: str) -> str:
    text = (ROOT / path).read_text(encoding="utf-8")
    return SECTION_NOT_YET[path].sub("", text) if path in SECTION_NOT_YET else text


def test_plain_words():
    """In every file that the repository has."""
    found = [fault for path in _files() for fault in literary(path, _text(path))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("path", "text", "many"),
    [
        ("a.py", '"""How to mend it."""\n', 1),
        ("a.py", "# made anew\nx = 1  # heard of it\n", 2),
        ("a.py", 'log = "the channel\\nhears of it"\n', 1),
        ("a.py", 'heard = mend("anew")\n', 0),
        ("a.py", 'sql = "PRAGMA foreign_keys = ON"\n', 0),
        ("a.md", "Foreign text.\n", 1),
    ],
)
def test_what_counts(path: str, text: str, many: int):
    """Prose counts, names and values do not."""
    assert len(literary(path, text)) == many
