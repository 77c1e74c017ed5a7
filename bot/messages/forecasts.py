"""When a request will probably be done, as clock times in the reader's zone; always marked as an estimate."""

from __future__ import annotations

from bot.domain.forecasts import Forecast
from bot.messages.text import around, counted, escape, listed

SOURCES = 2
"""Sources of figures; a line names the first ones."""


def forecast_text(forecast: Forecast, when: str = "") -> str:
    """*Estimate:* ≈ today 11:10–13:40 if approved now. It says what it leaves out; *when* is the start it assumes."""
    said = []
    if forecast.known:
        sources = [escape(source) for source in forecast.sources[:SOURCES]]
        more = " and more" if forecast.sources[SOURCES:] else ""
        span = around(forecast.begins, forecast.high - forecast.begins)
        said.append(f"{span}{f' {when}' if when else ''} ({listed(sources)}{more}).")
        if unknown := forecast.unknown:
            said.append(f"Not counted: {counted(unknown, 'model')} without past runs, usually minutes each (IBM).")
    else:
        each = " for each model" if forecast.models > 1 else ""
        said.append(f"usually minutes{each} (IBM); no past runs yet.")
    if forecast.by_hand:
        said.append("The time until somebody makes a change by hand is not counted.")
    return f"*Estimate:* {' '.join(said)}"
