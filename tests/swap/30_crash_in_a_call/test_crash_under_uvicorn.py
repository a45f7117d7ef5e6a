"""examples/fastapi_workers: a worker that crashes in C is lost alone; all go
back to the code before, and its supervisor starts another one on that."""
import pathlib

import pytest

from served import Served

SERVERS = {
    "uvicorn": ["uvicorn", "app:app", "--workers", "2", "--port", "0"],
    "gunicorn": ["gunicorn", "-w", "2", "-k", "uvicorn.workers.UvicornWorker",
                 "--graceful-timeout", "1", "--bind", "127.0.0.1:0",
                 "app:app"],
}
CRASH = "value > 5 ? *(volatile double *)16 : value * 20"


@pytest.fixture(params=SERVERS)
def words(request, framework_python):
    command = SERVERS[request.param]
    program = pathlib.Path(framework_python).with_name(command[0])
    return ["--", str(program), *command[1:]]


def scores(live, pids):
    return {a["score"] for each in live.ask_all("/score/2", pids).values()
            for a in each}


def test_one_worker_is_lost_and_all_go_back(program, tmp_path, words):
    with Served(program, tmp_path, "fastapi_workers", *words) as live:
        live.listen(startups=2)
        before = set(live.ask_all("/score/2", 2))
        live.edit("scoring.c", "value * 10", "value * 15")
        assert live.event("swap", module="scoring")["generation"] == 2
        live.edit("scoring.c", "value * 15", CRASH)
        assert live.event("swap", module="scoring")["generation"] == 3
        assert scores(live, before) == {40.0}
        with pytest.raises(OSError):
            live.get("/score/6")
        event = live.event("crashed", module="scoring")
        assert (event["function"], event["signal"], event["generation"]) == (
            "score", "SIGSEGV", 3)
        assert event["pid"] in before
        assert live.event("undo", module="scoring")["generation"] == 4
        live.hear("Application startup complete", 3)
        answers = live.ask_all("/score/6", 2)
        assert len(set(answers) & before) == 1
        assert {a["score"] for each in answers.values()
                for a in each} == {90.0}
        live.end_cleanly()
