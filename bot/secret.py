"""A value that is never shown by accident: not in a log, a traceback, JSON or a pickle, not even in part."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any, Self

MASK = "•••"


class Secret(str):
    """Text that is masked in every form; `reveal` returns the secret for the one place that needs it.

    As text it is the mask itself, so encoding, cutting, joining or searching it gives the mask. Two are equal if their
    secrets are.
    """

    __slots__ = ("__secret",)

    __secret: str

    def __new__(cls, secret: str) -> Self:
        made = super().__new__(cls, MASK)
        made.__secret = secret
        return made

    def reveal(self) -> str:
        """The secret itself."""
        return self.__secret

    def __repr__(self) -> str:
        return f"'{MASK}'"

    def __format__(self, spec: str) -> str:
        return MASK  # no part of it, and no padding that tells its length

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and compare_digest(self.__secret.encode(), other.__secret.encode())

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((Secret, self.__secret))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __getstate__(self) -> None:
        return None

    def __reduce_ex__(self, protocol: Any) -> tuple[type[str], tuple[str]]:
        return str, (MASK,)  # a pickle may be stored anywhere
