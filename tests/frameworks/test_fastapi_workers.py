"""examples/fastapi_workers: every worker moves, the open stream goes on."""
import pathlib

import pytest

from served import Served, Stream

GUNICORN = ["gunicorn", "-w", "2", "-k", "uvicorn.workers.UvicornWorker",
            "--graceful-timeout", "1", "--bind", "127.0.0.1:0", "app:app"]
SERVERS = {
    "uvicorn": ["uvicorn", "app:app", "--workers", "2", "--port", "0"],
    "gunicorn": GUNICORN,
    "gunicorn preload": GUNICORN + ["--preload"],
}


@pytest.fixture(params=SERVERS)
def words(request, framework_python):
    command = SERVERS[request.param]
    program = pathlib.Path(framework_python).with_name(command[0])
    return ["--", str(program), *command[1:]]


def test_both_workers_move_and_the_stream_goes_on(program, tmp_path, words):
    with Served(program, tmp_path, "fastapi_workers", *words) as live:
        live.listen(startups=2)
        pids = set(live.ask_all("/score/2", 2))
        stream = Stream(live._port, "/events")
        value, pid = stream.next()
        assert value == "10.0" and int(pid) in pids
        for factor, want in (("value * 20", 40.0), ("value * -3", -6.0)):
            old = "value * 10" if factor == "value * 20" else "value * 20"
            live.edit("scoring.c", old, factor)
            event = live.event("swap", module="scoring")
            assert event["workers"] == 2 and event["moved"] >= 2, event
            answers = live.ask_all("/score/2", pids)
            assert {a["score"] for each in answers.values()
                    for a in each} == {want}
            while stream.next() != [str(want / 2), pid]:
                pass
        stream.close()
        live.end_cleanly()


def test_without_dev_each_worker_has_the_module(program, tmp_path, words):
    with Served(program, tmp_path, "fastapi_workers", *words,
                dev=False) as live:
        live.listen(startups=2)
        answers = live.ask_all("/score/2", 2)
        assert {a["score"] for each in answers.values()
                for a in each} == {20.0}
        live.end_cleanly()
