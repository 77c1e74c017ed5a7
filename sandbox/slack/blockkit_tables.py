"""Tables and charts of Block Kit: cells, rows of one width, series over shared categories."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from .blockkit_checks import (
    MISMATCH,
    at,
    boolean,
    items,
    number,
    of_type,
    one_of,
    shape,
    string,
    then,
    typed,
)
from .blockkit_objects import ID
from .blockkit_rich_text import rich_text

TABLE_CHARACTERS = 10_000
"""Characters in all cells of a table together; the figure is approximate in what Slack publishes."""

_ID = {"block_id": ID}


def _figure(value: Any, pointer: str, faults: list[str]) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        faults.append(at(pointer, MISMATCH))


_CELL = of_type(
    {
        "raw_text": typed({"text": string(TABLE_CHARACTERS)}),
        "raw_number": typed({"value": _figure, "text": string(TABLE_CHARACTERS)}),
        "rich_text": rich_text,
    }
)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for held in value:
            yield from _texts(held)
    elif isinstance(value, dict):
        if "text" in value:
            yield value["text"]
        yield from _texts(value.get("elements"))


def _not_too_long(value: Any, pointer: str, faults: list[str]) -> None:
    if sum(map(len, _texts(value["rows"]))) > TABLE_CHARACTERS:
        faults.append(at(f"{pointer}/rows", f"must be less than {TABLE_CHARACTERS + 1} characters"))


def _header_and_width(value: Any, pointer: str, faults: list[str]) -> None:
    """The header of a data table is not rich text, every row has the same width, and the named column exists."""
    rows = value["rows"]
    for index, cell in enumerate(rows[0]):
        if cell["type"] == "rich_text":
            faults.append(at(f"{pointer}/rows/0/{index}/type", "unsupported type: rich_text"))
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            faults.append(at(f"{pointer}/rows/{index}", "all rows must have the same number of cells"))
    if value.get("row_header_column_index", 0) >= len(rows[0]):
        faults.append(at(f"{pointer}/row_header_column_index", MISMATCH))


_COLUMN = shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})
table = then(
    typed({"rows": items(items(_CELL, 20), 100)}, {**_ID, "column_settings": items(_COLUMN, 20, 0)}), _not_too_long
)
data_table = then(
    typed(
        {"caption": string(3000), "rows": items(items(_CELL, 20), 101, 2)},
        {**_ID, "page_size": number(1, 100), "row_header_column_index": number(0, 19)},
    ),
    _not_too_long,
    _header_and_width,
)


def _share(value: Any, pointer: str, faults: list[str]) -> None:
    _figure(value, pointer, faults)
    if isinstance(value, int | float) and value <= 0:
        faults.append(at(pointer, "must be more than 0"))


def _series_fit(value: Any, pointer: str, faults: list[str]) -> None:
    """Series have unique names, and each has one point for every category of the axis."""
    categories = value["axis_config"]["categories"]
    names = [series["name"] for series in value["series"]]
    for index, series in enumerate(value["series"]):
        if series["name"] in names[:index]:
            faults.append(at(f"{pointer}/series/{index}/name", "series names must be unique"))
        if sorted(point["label"] for point in series["data"]) != sorted(categories):
            faults.append(at(f"{pointer}/series/{index}/data", "labels must match the categories of the axis"))


_LABEL = string(20)
_POINT = shape({"label": _LABEL, "value": _figure})
_SERIES = shape({"name": _LABEL, "data": items(_POINT, 20)})
_AXIS = shape({"categories": items(_LABEL, 20)}, {"x_label": string(50), "y_label": string(50)})
_PLOT = then(typed({"series": items(_SERIES, 12), "axis_config": _AXIS}), _series_fit)
_PIE = typed({"segments": items(shape({"label": _LABEL, "value": _share}), 12)})

data_visualization = typed(
    {"title": string(50), "chart": of_type({"pie": _PIE, "bar": _PLOT, "line": _PLOT, "area": _PLOT})}, _ID
)
