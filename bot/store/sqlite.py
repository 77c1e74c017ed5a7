"""sqlite-utils without NumPy: it imports NumPy where that is installed, to store its numbers. We have none.

NumPy is there for the chart's own process only; here it would cost 11.5 MB for good and 0.15 s at each start.
"""

from __future__ import annotations

import sys

_hidden = "numpy" not in sys.modules
if _hidden:
    sys.modules["numpy"] = None  # type: ignore[assignment]  # Python's own way to say: there is none
try:
    from sqlite_utils import Database as Sqlite
    from sqlite_utils import Migrations
finally:
    if _hidden:
        del sys.modules["numpy"]

__all__ = ["Migrations", "Sqlite"]
