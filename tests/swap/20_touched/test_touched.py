"""Case 20: the content decides, not the time."""
import os

from live import source
from watched import values


def test_touched_without_a_change_is_said_to_be_the_same(watched):
    old, start = watched.value(), len(watched.seen)
    os.utime(watched.source)
    watched.event("same", module="scoring")
    assert watched.value() == old
    assert watched.told_since(start) == [("same", "scoring")]
    watched.said("no change in content")


def test_an_older_time_does_not_hide_a_change(watched):
    new = next(values)
    path = watched.source
    sibling = path.with_name("scoring.c.tmp")
    sibling.write_text(source(new))
    os.utime(sibling, (1000, 1000))
    os.replace(sibling, path)
    watched.event("swap", module="scoring")
    assert watched.value() == new


def test_a_checkout_back_and_forth_is_decided_by_content(watched):
    """As git does it: now the times of files say nothing about their age."""
    old = watched.source.read_text()
    first = watched.value()
    for text, value in ((source(7), 7), (old, first)):
        sibling = watched.source.with_name("checkout.tmp")
        sibling.write_text(text)
        os.utime(sibling, (2000, 2000))
        os.replace(sibling, watched.source)
        watched.event("swap", module="scoring")
        assert watched.value() == value
