"""A module with a static type in a running app, saved into under load."""
import threading

import pytest

from live import APP, Live
from static_counter import MULTI, SINGLE, counter

CALLS = """\
import hot
kept = hot.Counter(0)

def once():
    one = hot.make_one(1)
    both = one + kept
    assert type(both) is hot.Counter and hot.is_one(both), type(both)
    return len(one) - one.value

def same():
    return hot.is_one(kept) and type(kept) is hot.Counter
"""


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "calls.py").write_text(CALLS)
    return folder


@pytest.mark.parametrize("way", [SINGLE, MULTI], ids=["single", "multi"])
@pytest.mark.parametrize("compiler", ["auto", "gcc"])
def test_saves_go_live_while_it_is_called(program, project, any_python, way,
                                          compiler):
    (project / "hot.c").write_text(counter(1, way=way))
    wrong = []
    with Live(program, project, python=any_python,
              options=(f"--cc={compiler}",)) as live:
        live.port()
        assert live.get("/calls/once") == (200, "1")
        is_over = threading.Event()

        def load():
            while not is_over.is_set():
                status, body = live.get("/calls/once")
                if status != 200:
                    wrong.append(body)
        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        for step in range(2, 7):
            live.save("hot.c", counter(step, way=way))
            event = live.event("swap", module="hot", generation=step)
            assert event["moved"] == 1
            assert live.get("/calls/once") == (200, str(step))
        is_over.set()
        for thread in threads:
            thread.join()
        assert live.get("/calls/same") == (200, "True")
    assert not wrong


def test_tcc_gives_way_and_says_why(program, project, python):
    (project / "hot.c").write_text(counter(1))
    with Live(program, project, python=python) as live:
        live.port()
        live.get("/calls/once")
        live.save("hot.c", counter(2))
        live.event("swap", module="hot")
        live.said("tcc: static types, which a swap can follow only where the "
                  "linker lists their uses")
