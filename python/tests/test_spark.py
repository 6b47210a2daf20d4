"""The package under Apache Spark, where it is installed: a cluster on this machine."""

import datetime
import json
import os
import pathlib
import sys
from decimal import Decimal

import pytest

import broaden

pytest.importorskip("pyspark")
pytest.importorskip("pyarrow")

from pyspark.sql import SparkSession  # noqa: E402

from broaden import spark as engine  # noqa: E402

MARKET = str(pathlib.Path(__file__).resolve().parents[2] / "portfolios" / "demo" / "market")
DAY = datetime.date(2026, 11, 20)


def household(at):
    lots = [{"opened": "2024-01-10", "quantity": 100 + at, "cost-basis": "3000.00"}]
    position = {"symbol": "NVDA", "price": "182.33", "lot": lots}
    account = {"name": "Joint", "kind": "taxable", "cash": "1000.00", "as-of": "2026-11-20", "position": [position]}
    return json.dumps({"id": f"h{at}", "account": [account]})


@pytest.fixture(scope="module")
def session():
    # The workers are of the Python that runs the tests.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2]").appName("broaden").config("spark.ui.enabled", "false")
    session = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate()
    yield session
    session.stop()


def test_a_book_in_spark(session):
    lines = [household(at) for at in range(12)] + ["{", None]
    book = session.createDataFrame([(line,) for line in lines], "household string").repartition(4)
    answers = engine.answers(book, market=MARKET, today=DAY).cache()
    rows = {row.id: row for row in answers.collect()}
    assert answers.count() == len(lines) and [row.status for row in answers.collect()].count("failed") == 2
    # The very line that one gets without Spark.
    assert rows["h3"].answer == broaden.advise_line(household(3), market=MARKET, today=DAY)
    orders = engine.orders(answers).where("household = 'h3'").collect()
    trades = broaden.advise(json.loads(household(3)), market=MARKET, today=DAY)["proposal"]["trades"]
    assert {row.id for row in orders} == {trade["id"] for trade in trades}
    assert sum(row.value for row in orders) == sum(Decimal(trade["value"]) for trade in trades)
    findings = engine.findings(answers)
    assert findings.where("household = 'h3' and finding = 'limits.tech'").count() == 1
    assert findings.where("status = 'failed' and finding = 'bad-household'").count() >= 2
    answers.unpersist()


def test_parquet_in_and_out(session, tmp_path):
    book = session.createDataFrame([(household(at),) for at in range(4)], "household string")
    book.write.parquet(str(tmp_path / "book"))
    answers = engine.answers(session.read.parquet(str(tmp_path / "book")), market=MARKET, today=DAY)
    engine.orders(answers).write.parquet(str(tmp_path / "orders"))
    read = session.read.parquet(str(tmp_path / "orders"))
    assert read.select("household").distinct().count() == 4
    assert dict(read.dtypes)["value"] == "decimal(18,2)"
