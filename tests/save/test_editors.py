"""Every way of saving is one swap, and the app answers every request of it
with the old or the new."""
import itertools
import os

import pytest

import editors
from client import Client
from live import APP, Live, source

values = itertools.count(100)


@pytest.fixture(scope="module")
def live(program, python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("save") / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(source(1))
    (folder / "marker.c").write_text(source(1, "marker"))
    with Live(program, folder, python=python) as running:
        running.port()
        running.get("/scoring/answer")
        running.get("/marker/answer")
        yield running


def value_of(live, name="scoring"):
    status, body = live.get(f"/{name}/answer")
    assert status == 200, body
    return int(body)


def events_until_rest(live, start):
    """(event, module) of what was said since `start`: all that happened
    before this call is told before the swap of one more save."""
    live.save("marker.c", source(next(values), "marker"))
    live.event("swap", module="marker")
    return [(e["event"], e.get("module")) for e in live.seen[start:-1]
            if e["event"] != "setup"]


@pytest.mark.parametrize("save", editors.ALL, ids=lambda f: f.__name__)
def test_a_save_is_one_swap(live, save):
    old, new, start = value_of(live), next(values), len(live.seen)
    with Client(live) as client:
        save(live.folder / "scoring.c", source(new))
        live.event("swap", module="scoring")
        assert value_of(live) == new
        told = events_until_rest(live, start)
    assert told == [("swap", "scoring")], live.words()
    assert client.answers == [(200, str(old)), (200, str(new))]


def test_a_writer_that_reopens_the_file_per_chunk_ends_live(live):
    new = next(values)
    text = source(new)
    path = live.folder / "scoring.c"
    path.write_text("")
    size = len(text) // 10 + 1
    for start in range(0, len(text), size):
        with open(path, "a") as file:
            file.write(text[start:start + size])
    live.event("swap", module="scoring")
    while value_of(live) != new:
        live.event("swap", module="scoring")


def test_two_files_saved_together_are_one_transaction(live):
    start, new = len(live.seen), next(values)
    live.save("scoring.c", source(new))
    live.save("marker.c", source(new, "marker"))
    live.event("swap", module="scoring")
    while value_of(live, "marker") != new:
        live.event("swap", module="marker")
    assert value_of(live) == new
    assert "error" not in [e["event"] for e in live.seen[start:]]


def test_touched_without_a_change_is_said_to_be_the_same(live):
    old, start = value_of(live), len(live.seen)
    os.utime(live.folder / "scoring.c")
    live.event("same", module="scoring")
    assert value_of(live) == old
    assert events_until_rest(live, start) == [("same", "scoring")]
    live.said("no change in content")


def test_an_older_time_does_not_hide_a_change(live):
    new = next(values)
    path = live.folder / "scoring.c"
    sibling = path.with_name("scoring.c.tmp")
    sibling.write_text(source(new))
    os.utime(sibling, (1000, 1000))
    os.replace(sibling, path)
    live.event("swap", module="scoring")
    assert value_of(live) == new


def test_names_that_editors_leave_around_are_never_looked_at(live):
    start, old = len(live.seen), value_of(live)
    kept = ["scoring.c~", ".scoring.c.swp", "#scoring.c#", "scoring.c.orig",
            "scoring.c.bak", "scoring.c___jb_tmp___", "4913", "sedAb12Cd"]
    for name in kept:
        (live.folder / name).write_text("nonsense")
    assert events_until_rest(live, start) == []
    assert value_of(live) == old
    for name in kept:
        (live.folder / name).unlink()
