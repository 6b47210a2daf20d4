"""Books of households in Apache Spark.

``answers`` plans a table of households with ``mapInArrow``; ``orders`` and ``findings`` read its answers. Planning is what
takes time, so keep the answers (``cache``, or a table of Parquet) before reading both from them.
"""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional

import pyarrow as pa  # type: ignore[import-untyped]

from . import Config, Market, _config, _today, advise_line

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["answers", "findings", "orders"]

_ANSWERS = "id string, status string, answer string"
_ORDERS = (
    "household string, id string, account string, side string, symbol string, quantity decimal(18,6), "
    "price decimal(18,6), limit decimal(18,6), value decimal(18,2), lot string, opened string, term string, "
    "gain decimal(18,2), reasons string"
)
_FINDINGS = (
    "household string, status string, finding string, about string, measured double, bound double, "
    "excess decimal(18,2), after decimal(18,2)"
)
_PRICE, _CENTS = pa.decimal128(18, 6), pa.decimal128(18, 2)


def answers(
    households: "DataFrame",
    config: Optional[Config] = None,
    market: Optional[Market] = None,
    *,
    today: Optional[datetime.date] = None,
) -> "DataFrame":
    """Plans each row: a column ``household`` of JSON in, ``id``, ``status`` and ``answer`` (a line of ``broaden batch``) out.

    ``market`` is a path that every worker has. The config and the day are those of the caller, the same for all.
    """
    text, day = _config(config), today or _today()

    def plan(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            lines = [
                advise_line(household or "", text, market, today=day)
                for household in batch.column("household").to_pylist()
            ]
            heads = [_head(line) for line in lines]
            yield pa.RecordBatch.from_pydict(
                {
                    "id": pa.array([head["id"] for head in heads], pa.string()),
                    "status": pa.array([head["status"] for head in heads], pa.string()),
                    "answer": pa.array(lines, pa.string()),
                }
            )

    return households.mapInArrow(plan, _ANSWERS)


def _head(line: str) -> Dict[str, Any]:
    """An answer without its proposal, which is the last of it and most of its length."""
    before, found, _ = line.partition(',"proposal":')
    head: Dict[str, Any] = json.loads(before + "}" if found else line)
    return head


def _of_each(rows: Callable[[Dict[str, Any]], List[Dict[str, Any]]], schema: pa.Schema) -> Any:
    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            found = [row for line in batch.column("answer").to_pylist() for row in rows(json.loads(line))]
            yield pa.RecordBatch.from_pylist(found, schema=schema)

    return read


def _decimal(text: Optional[str]) -> Optional[Decimal]:
    return None if text is None else Decimal(text)


def _orders(answer: Dict[str, Any]) -> List[Dict[str, Any]]:
    found = []
    for trade in answer.get("proposal", {}).get("trades", []):
        lot = trade.get("lot") or {}
        found.append(
            {
                "household": answer["id"],
                "id": trade["id"],
                "account": trade["account"],
                "side": trade["side"],
                "symbol": trade["symbol"],
                "quantity": _decimal(trade["quantity"]),
                "price": _decimal(trade["price"]),
                "limit": _decimal(trade.get("limit_hint")),
                "value": _decimal(trade["value"]),
                "lot": lot.get("id"),
                "opened": lot.get("opened"),
                "term": lot.get("term"),
                "gain": _decimal(lot.get("gain")),
                "reasons": "; ".join(reason["id"] for reason in trade["reasons"]),
            }
        )
    return found


def _findings(answer: Dict[str, Any]) -> List[Dict[str, Any]]:
    def row(finding: str, about: str, over: Dict[str, Any]) -> Dict[str, Any]:
        return {
            "household": answer["id"],
            "status": answer["status"],
            "finding": finding,
            "about": about,
            "measured": over.get("measured"),
            "bound": over.get("bound"),
            "excess": _decimal(over.get("excess")),
            "after": _decimal(over.get("after")),
        }

    found = [row(over["limit"], over["subject"], over) for over in answer.get("summary", {}).get("over", [])]
    problems = answer.get("diagnostics") or answer.get("proposal", {}).get("diagnostics", [])
    return found + [row(problem["code"], problem["message"], {}) for problem in problems]


def orders(answers: "DataFrame") -> "DataFrame":
    """One row for each order and lot."""
    fields = [(name, pa.string()) for name in ("household", "id", "account", "side", "symbol")]
    fields += [("quantity", _PRICE), ("price", _PRICE), ("limit", _PRICE), ("value", _CENTS)]
    fields += [("lot", pa.string()), ("opened", pa.string()), ("term", pa.string()), ("gain", _CENTS)]
    return answers.mapInArrow(_of_each(_orders, pa.schema(fields + [("reasons", pa.string())])), _ORDERS)


def findings(answers: "DataFrame") -> "DataFrame":
    """One row for each limit that is exceeded, and for each diagnostic of a household."""
    fields = [(name, pa.string()) for name in ("household", "status", "finding", "about")]
    fields += [("measured", pa.float64()), ("bound", pa.float64()), ("excess", _CENTS), ("after", _CENTS)]
    return answers.mapInArrow(_of_each(_findings, pa.schema(fields)), _FINDINGS)
