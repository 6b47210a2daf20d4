"""A portfolio rebalancing advisor.

``advise`` plans one household: what ``broaden batch`` takes as a line and gives as one, as dicts. ``advise_line`` is the same
from text to text, and answers a household that fails instead of raising: what workers of Spark or Dask map over.

A calculation from your rules and files; not investment or tax advice; nothing is executed.
"""

from __future__ import annotations

import datetime
import decimal
import json
import os
from typing import Any, Dict, List, Mapping, Optional, TypedDict, Union
from zoneinfo import ZoneInfo

from . import _broaden

__all__ = ["Answer", "BroadenError", "Diagnostic", "advise", "advise_line", "__version__"]

__version__: str = _broaden.__version__

#: The text of a broaden.toml, or the path of one.
Config = Union[str, "os.PathLike[str]"]
#: A folder of market files, or one file.
Market = Union[str, "os.PathLike[str]"]


class Diagnostic(TypedDict):
    """What is wrong: in words, where, and what to do."""

    severity: str
    code: str
    message: str
    place: Optional[str]
    hint: Optional[str]


class Answer(TypedDict):
    """The answer for one household, in the JSON of ``broaden batch``."""

    id: str
    status: str
    summary: Dict[str, Any]
    proposal: Dict[str, Any]


class BroadenError(ValueError):
    """There is no proposal; ``diagnostics`` says why."""

    def __init__(self, household: Optional[str], diagnostics: List[Diagnostic]) -> None:
        self.household = household
        self.diagnostics = diagnostics
        lines = [household or "household"]
        for item in diagnostics:
            place = f"{item['place']}: " if item.get("place") else ""
            lines.append(f"{item['severity']}[{item['code']}]: {place}{item['message']}")
            if item.get("hint"):
                lines.append(f"  hint: {item['hint']}")
        super().__init__("\n".join(lines))

    def __reduce__(self) -> Any:
        return (BroadenError, (self.household, self.diagnostics))


def _exact(value: Any) -> str:
    """Amounts and days as text, which is exact."""
    if isinstance(value, (decimal.Decimal, datetime.date)):
        return str(value)
    raise TypeError(f"{type(value).__name__} is nothing that a household holds")


def _today() -> datetime.date:
    """The day in New York: markets, holding periods and wash-sale windows go by it."""
    return datetime.datetime.now(ZoneInfo("America/New_York")).date()


def _config(config: Optional[Config]) -> Optional[str]:
    if config is None or isinstance(config, str):
        return config
    with open(config, encoding="utf-8") as file:
        return file.read()


def advise_line(
    household: str,
    config: Optional[Config] = None,
    market: Optional[Market] = None,
    *,
    today: Optional[datetime.date] = None,
    what_if: bool = False,
) -> str:
    """Answers a line of JSON with a line of JSON; what fails is a line too, with its ``diagnostics``.

    ``config`` is the text of a broaden.toml, or the path of one as ``pathlib.Path``; it goes before that of the household.
    ``market`` is read once in each process, and again when a file in it changes.
    """
    folder = None if market is None else os.fspath(market)
    day = (today or _today()).isoformat()
    return _broaden.advise_line(household, _config(config), folder, day, what_if).rstrip("\n")


def advise(
    household: Mapping[str, Any],
    config: Optional[Config] = None,
    market: Optional[Market] = None,
    *,
    today: Optional[datetime.date] = None,
    what_if: bool = False,
) -> Answer:
    """Plans one household.

    Raises ``BroadenError`` when there is no proposal, and ``OSError`` when the market or the config cannot be read. The
    interpreter is free for other threads while it works.
    """
    text = json.dumps(household, default=_exact)
    found: Dict[str, Any] = json.loads(advise_line(text, config, market, today=today, what_if=what_if))
    if found["status"] != "planned":
        raise BroadenError(found.get("id"), found["diagnostics"])
    return {
        "id": found["id"],
        "status": found["status"],
        "summary": found["summary"],
        "proposal": found["proposal"],
    }
