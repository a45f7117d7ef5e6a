"""examples/order_book: C gives the bytes that Python gave, and is edited."""
import re

from served import Served

PORT = {"PORT": "0"}


def test_both_serializers_give_the_same_bytes(program, python, tmp_path):
    with Served(program, tmp_path, "order_book", python=python, env=PORT,
                dev=False) as live:
        live.listen()
        plain = live.ask("/plain")
        assert plain == live.ask("/fast") and len(plain) > 10000
        words = live.ask("/compare")
        assert words.endswith("pid %d\n" % live.pid)
        by_python, by_c = map(int, re.findall(r"(\d+) us", words))
        assert by_c < by_python  # in one run, by far
        live.end_cleanly()


def test_a_change_of_the_format_is_served_at_once(program, python, tmp_path):
    with Served(program, tmp_path, "order_book", python=python,
                env=PORT) as live:
        live.listen()
        assert live.ask("/fast").startswith('{"symbol":"BTC-EUR"')
        live.edit("fast_book.c", r'"{\"symbol\":"', r'"{\"market\":"')
        live.event("swap", module="fast_book")
        assert live.ask("/fast").startswith('{"market":"BTC-EUR"')
        assert live.ask("/plain").startswith('{"symbol":"BTC-EUR"')
        live.end_cleanly()


def test_it_is_what_the_template_gives(tmp_path):
    from served import EXAMPLES
    template = EXAMPLES.parent / "templates" / "serializer" / "module.c"
    text = template.read_text()
    for mark in ("@MODULE@", "@NAME@"):
        text = text.replace(mark, "fast_book")
    assert (EXAMPLES / "order_book" / "fast_book.c").read_text() == text
