"""Case 18: the kernel names the temporary file of a rename: every later save
is seen all the same (benoitc/gunicorn#2339 lost them)."""
import os

from live import source
from watched import values


def through_a_temporary(path, text):
    """The same temporary name each time, and a name that is a source's."""
    sibling = path.with_name("scoring.tmp.c")
    sibling.write_text(text)
    os.replace(sibling, path)


def test_every_save_through_the_same_temporary_is_seen(watched):
    for _ in range(3):
        watched.must_be_one_swap(through_a_temporary)


def test_a_source_that_was_a_temporary_meanwhile_is_seen(watched):
    new, aside = next(values), watched.source.with_name("scoring.c.tmp")
    os.rename(watched.source, aside)
    aside.write_text(source(new))
    os.rename(aside, watched.source)
    watched.event("swap", module="scoring")
    assert watched.value() == new
    watched.must_be_one_swap(through_a_temporary)
