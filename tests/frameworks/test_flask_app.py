"""examples/flask_app: what its README promises."""
import pytest

from served import Served

PORT = {"PORT": "0"}


def test_a_new_price_is_served_by_the_same_process(program, tmp_path,
                                                   framework_python):
    with Served(program, tmp_path, "flask_app", python=framework_python,
                env=PORT) as live:
        live.listen()
        before = live.ask_json("/gross/100.0")
        assert before["gross"] == 119.0 and before["visits"] == 1
        live.edit("pricing.c", "vat = 0.19", "vat = 0.07")
        live.event("swap", module="pricing")
        after = live.ask_json("/gross/100.0")
        assert after["gross"] == pytest.approx(107.0)
        assert (after["pid"], after["visits"]) == (before["pid"], 2)
        live.edit("pricing.c", "net * vat", "net * tax")
        live.event("error", module="pricing")
        assert live.ask_json("/gross/100.0")["gross"] == after["gross"]
        live.edit("pricing.c", "net * tax", "net")
        live.event("swap", module="pricing")
        assert live.ask_json("/gross/100.0") == {
            "gross": 200.0, "visits": 4, "pid": before["pid"]}
        live.end_cleanly()


def test_without_dev_it_is_the_app_itself(program, tmp_path,
                                          framework_python):
    with Served(program, tmp_path, "flask_app", python=framework_python,
                env=PORT, dev=False) as live:
        live.listen()
        answer = live.ask_json("/gross/100.0")
        assert answer == {"gross": 119.0, "visits": 1, "pid": live.pid}
        live.end_cleanly()
