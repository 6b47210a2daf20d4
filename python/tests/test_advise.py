"""The package as a program uses it. Set BROADEN to a built `broaden` to hold it against `broaden batch` too."""

import concurrent.futures
import datetime
import decimal
import json
import os
import pathlib
import pickle
import subprocess
import sys
import threading
import time

import pytest

import broaden

ROOT = pathlib.Path(__file__).resolve().parents[2]
MARKET = ROOT / "portfolios" / "demo" / "market"
DAY = datetime.date(2026, 11, 20)


def household(**more):
    lots = [{"opened": "2024-01-10", "quantity": 100, "cost-basis": "3000.00"}]
    position = {"symbol": "NVDA", "price": "182.33", "lot": lots}
    account = {"name": "Joint", "kind": "taxable", "cash": "1000.00", "as-of": "2026-11-20", "position": [position]}
    return {"id": "smith", "account": [account], **more}


def test_a_plan():
    answer = broaden.advise(household(), market=MARKET, today=DAY)
    assert (answer["id"], answer["status"]) == ("smith", "planned")
    assert answer["summary"]["value"] == "19233.00"
    sold = [trade for trade in answer["proposal"]["trades"] if trade["side"] == "sell"]
    assert sold and all(trade["symbol"] == "NVDA" and trade["reasons"] for trade in sold)


def test_amounts_and_days_of_python_are_exact():
    exact = household()
    exact["account"][0]["cash"] = decimal.Decimal("1000.00")
    exact["account"][0]["as-of"] = DAY
    assert broaden.advise(exact, today=DAY) == broaden.advise(household(), today=DAY)
    with pytest.raises(TypeError, match="set is nothing that a household holds"):
        broaden.advise(household(lots={1, 2}))


def test_the_config_given_goes_before_that_of_the_household(tmp_path):
    def bound(answer):
        return next(over["bound"] for over in answer["summary"]["over"] if over["limit"] == "limits.tech")

    own = household(config={"limits": {"tech": {"base": "60%", "min": "60%"}}})
    assert bound(broaden.advise(own, today=DAY)) == 0.6
    text = '[limits.tech]\nbase = "45%"\nmin = "45%"\n'
    assert bound(broaden.advise(own, text, today=DAY)) == 0.45
    file = tmp_path / "broaden.toml"
    file.write_text(text)
    assert bound(broaden.advise(own, file, today=DAY)) == 0.45
    with pytest.raises(OSError):
        broaden.advise(own, tmp_path / "none.toml", today=DAY)


@pytest.mark.parametrize(
    ("wrong", "config", "code", "word"),
    [
        ({"id": "x", "account": []}, None, "bad-household", "account"),
        ({"id": "x"}, None, "no-holdings", "no holdings"),
        ({"account": household()["account"]}, None, "bad-household", "id"),
        (household(accounts=[]), None, "bad-household", "accounts"),
        (household(config="rules.toml"), None, "missing-file", "rules.toml"),
        (household(), "[limts]\n", "unknown-key", "limts"),
    ],
)
def test_what_fails_is_an_exception_with_diagnostics(wrong, config, code, word):
    with pytest.raises(broaden.BroadenError) as raised:
        broaden.advise(wrong, config, today=DAY)
    error = next(item for item in raised.value.diagnostics if item["severity"] == "error")
    assert error["code"] == code and word in error["message"]
    assert word in str(raised.value) and error["hint"] in str(raised.value)
    # Workers send exceptions home.
    assert pickle.loads(pickle.dumps(raised.value)).diagnostics == raised.value.diagnostics


def test_a_line_that_fails_is_a_line():
    for text in ["", "{", "[]", "null", '{"id": 1}', "\u0000"]:
        answer = json.loads(broaden.advise_line(text, today=DAY))
        assert answer["status"] == "failed" and answer["diagnostics"], text
        assert "\n" not in broaden.advise_line(text, today=DAY)


def test_a_market_is_read_again_when_it_changes(tmp_path):
    def missing():
        answer = broaden.advise(household(), market=tmp_path, today=DAY)
        return json.dumps(answer["proposal"]["strength"])

    without = missing()
    for name in ["S5TH.csv", "SPY.csv", "stocks.csv", "funds.csv"]:
        if (MARKET / name).exists():
            (tmp_path / name).write_bytes((MARKET / name).read_bytes())
    assert missing() != without
    with pytest.raises(OSError, match="nowhere"):
        broaden.advise(household(), market=tmp_path / "nowhere", today=DAY)


def test_the_interpreter_is_free_meanwhile():
    broaden.advise(household(), market=MARKET, today=DAY)
    ticks, done = [0], threading.Event()

    def tick():
        while not done.is_set():
            ticks[0] += 1
            time.sleep(0.001)

    clock = threading.Thread(target=tick)
    clock.start()
    begun = time.monotonic()
    line = json.dumps(household())
    while time.monotonic() - begun < 0.5:
        # Planning with what-ifs is long beside what Python does around it.
        broaden.advise_line(line, market=MARKET, today=DAY, what_if=True)
    done.set()
    clock.join()
    assert ticks[0] > 50


def test_threads_agree():
    line = json.dumps(household())
    first = broaden.advise_line(line, market=MARKET, today=DAY)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: broaden.advise_line(line, market=MARKET, today=DAY), range(20)))
    assert set(answers) == {first}


def test_a_filter():
    text = json.dumps(household()) + "\n\n{\n"
    command = [sys.executable, "-m", "broaden", "--market", str(MARKET)]
    ran = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    assert [json.loads(line)["status"] for line in ran.stdout.splitlines()] == ["planned", "failed"]


@pytest.mark.skipif("BROADEN" not in os.environ, reason="BROADEN names no program")
def test_it_is_the_answer_of_batch():
    line = json.dumps(household())
    command = [os.environ["BROADEN"], "batch", "-", "--market", str(MARKET)]
    theirs = json.loads(subprocess.run(command, input=line, capture_output=True, text=True, check=True).stdout)
    ours = json.loads(broaden.advise_line(line, market=MARKET))
    for answer in (theirs, ours):
        answer.pop("input"), answer.pop("at")
    assert ours == theirs
