"""A CPython that the engine was not compared with."""
import bed as beds
import pytest


@pytest.fixture
def old_bed(any_python, guest_of):
    """With a guest from before this CPython."""
    bed = beds.Bed(any_python, guest_of(
        any_python, "-DPYABI_NEWEST=PY_VERSION_HEX"))
    yield bed
    bed.close()


def test_a_version_nobody_has_looked_at_is_refused_with_what_works(old_bed):
    old_bed.module("hot", beds.returning(1))
    app = old_bed.app()
    version = app.ask("__import__('platform').python_version()")
    with pytest.raises(beds.Raised) as caught:
        app.do("import hot")
    assert caught.value.kind == "ImportError"
    assert caught.value.words == (
        "hot swap knows CPython 3.9 to 3.15, not this CPython %s: run "
        "without --dev, or with one of those" % version)
