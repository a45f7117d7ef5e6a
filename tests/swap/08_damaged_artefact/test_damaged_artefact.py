"""Case 8: an artefact that is cut, or has a wrong bit, between its build and
its load is refused before the loader sees it."""
import os
import pathlib

import pytest

from bed import FAILED, returning
from live import source
from mounted import Mounted


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def emptied(path):
    os.truncate(path, 0)


def flipped(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def flipped_at_its_end(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 128
    path.write_bytes(data)


DAMAGES = (cut, emptied, flipped, flipped_at_its_end)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda f: f.__name__)
def test_an_import_of_damaged_code_says_so_and_a_save_mends_it(live, damage):
    live.save("geo.c", source(7, "geo"))
    live.event("built", module="geo")
    cache = pathlib.Path(os.environ["COWBIRD_CACHE_DIR"])
    image, = (cache / "sessions" / live.session()).rglob("geo/*.so")
    damage(image)
    status, body = live.get("/geo/answer")
    assert status == 500 and body.startswith("ImportError")
    assert "geo.c was damaged before it was loaded" in body
    assert live.get("/scoring/answer") == (200, "1")
    live.save("geo.c", source(8, "geo"))
    live.event("built", module="geo")
    assert live.get("/geo/answer") == (200, "8")


def test_a_damaged_artefact_of_the_cache_is_built_again(program, python,
                                                        project):
    with Mounted(program, project, "size=64m", python=python) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        for value, damage in enumerate(DAMAGES, 2):
            for number in (value, 99, value):
                live.save("scoring.c", source(number))
                live.event("swap", module="scoring")
                assert live.get("/scoring/answer") == (200, str(number))
                for artefact in live.inside("artefacts").rglob("scoring*.so"):
                    if artefact.stat().st_size > 0:
                        damage(artefact)


def test_a_worker_refuses_damaged_code_and_the_old_serves(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    for damage in DAMAGES:
        order = bed.order("hot", returning(2))
        order["artefact"] = with_sum(order["artefact"])
        damage(pathlib.Path(order["artefact"]))
        done = bed.refuse(peer, order)
        assert (done.verdict, done.reason) == (
            FAILED, "the compiled code of %s was damaged before it was "
            "loaded: save it again" % bed.source("hot"))
        assert app.ask("hot.answer()") == 1
    order = bed.order("hot", returning(2))
    order["artefact"] = with_sum(order["artefact"])
    bed.swap(peer, order)
    assert app.ask("hot.answer()") == 2


def with_sum(path):
    """Named as the bench names images (runtime/wire/sum.h)."""
    data, total = pathlib.Path(path).read_bytes(), 0x243F6A8885A308D3
    words = [data[i:i + 8] for i in range(0, len(data), 8)]
    last = len(words[-1]) % 8
    for word in words + ([bytes([last])] if last else []):
        total ^= int.from_bytes(word, "little")
        total = total * 0x9E3779B97F4A7C15 % 2**64
        total ^= total >> 32
    named = pathlib.Path(path).with_name("hot-%016x.so" % total)
    os.rename(path, named)
    return str(named)
