"""examples/todo_sqlite: a C library by pkg-config, its handle in Python."""
import http.client
import json
import pathlib

import pytest

from live import PATIENCE
from served import Served

pytestmark = pytest.mark.usefixtures("sqlite")


@pytest.fixture
def words(framework_python):
    uvicorn = pathlib.Path(framework_python).with_name("uvicorn")
    return ["--", str(uvicorn), "app:app", "--port", "0"]


@pytest.fixture
def database(tmp_path):
    return {"TODO_DB": str(tmp_path / "todo.db")}


def post(live, path, **fields):
    connection = http.client.HTTPConnection("127.0.0.1", live._port,
                                            timeout=PATIENCE)
    try:
        connection.request("POST", path, json.dumps(fields),
                           {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None
    finally:
        connection.close()


def titles(live, path="/todos"):
    return [todo["title"] for todo in live.ask_json(path)]


def test_a_save_reaches_the_open_database(program, tmp_path, words, database):
    with Served(program, tmp_path, "todo_sqlite", *words,
                env=database) as live:
        live.listen(startups=1)
        assert post(live, "/todos", title="feed the cat") == (201, {"id": 1})
        assert post(live, "/todos", title='"buy" bread') == (201, {"id": 2})
        live.edit("todo.c", "ORDER BY id", "ORDER BY title")
        live.event("swap", module="todo")
        assert titles(live) == ['"buy" bread', "feed the cat"]
        assert post(live, "/todos", title="wake up") == (201, {"id": 3})
        assert post(live, "/todos/1/done") == (204, None)
        assert titles(live, "/todos?only_open=1") == ['"buy" bread',
                                                      "wake up"]
        live.end_cleanly()


def test_what_is_written_outlives_the_app(program, tmp_path, words, database):
    for run in 1, 2:
        with Served(program, tmp_path / str(run), "todo_sqlite", *words,
                    env=database, dev=False) as live:
            live.listen(startups=1)
            assert post(live, "/todos", title="run %d" % run) == (
                201, {"id": run})
            assert titles(live) == ["run 1", "run 2"][:run]
            live.end_cleanly()


def test_what_C_raises_is_an_answer(program, tmp_path, words, database):
    with Served(program, tmp_path, "todo_sqlite", *words, env=database,
                dev=False) as live:
        live.listen(startups=1)
        assert post(live, "/todos", title="") == (
            422, {"detail": "a todo needs a title"})
        assert post(live, "/todos/7/done") == (404, {"detail": "no todo 7"})
        assert live.ask_json("/todos") == []
        live.end_cleanly()
