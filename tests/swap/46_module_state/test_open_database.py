"""46, through the whole program: a module whose state holds an open SQLite
database, a cache and counters, over saves and migrations."""
import os
import pathlib
import time

import pytest

from leftovers import CHURN
from live import APP, PATIENCE, Live

MODULE = r"""
#include <Python.h>
#include <cowbird.h>
#include <sqlite3.h>

enum { STEP = %(step)d };

typedef struct {
    %(fields)s
} State;

%(hook)s

static PyObject *
put(PyObject *module, PyObject *key)
{
    State *s = PyModule_GetState(module);
    char *text = sqlite3_mprintf("INSERT INTO kept VALUES (%%ld)",
                                 PyLong_AsLong(key));
    int done = sqlite3_exec(s->db, text, NULL, NULL, NULL);
    sqlite3_free(text);
    if (done != SQLITE_OK) {
        PyErr_SetString(PyExc_OSError, sqlite3_errmsg(s->db));
        return NULL;
    }
    s->total += STEP;
    if (PyDict_SetItem(s->cache, key, key) < 0) {
        return NULL;
    }
    return PyLong_FromLong(s->total);
}

static PyObject *
rows(PyObject *module, PyObject *unused)
{
    State *s = PyModule_GetState(module);
    sqlite3_stmt *all = NULL;
    long count = -1;
    if (sqlite3_prepare_v2(s->db, "SELECT count(*) FROM kept", -1, &all, NULL)
            == SQLITE_OK && sqlite3_step(all) == SQLITE_ROW) {
        count = sqlite3_column_int64(all, 0);
    }
    sqlite3_finalize(all);
    return PyLong_FromLong(count);
}

static PyObject *
told(PyObject *module, PyObject *unused)
{
    State *s = PyModule_GetState(module);
    return Py_BuildValue("nll", PyDict_Size(s->cache), s->total,
                         (long)((size_t)s->db >> 4));
}

static int
open_state(PyObject *module)
{
    State *s = PyModule_GetState(module);
    s->cache = PyDict_New();
    if (s->cache == NULL
        || sqlite3_open("kept.db", &s->db) != SQLITE_OK
        || sqlite3_exec(s->db, "CREATE TABLE IF NOT EXISTS kept (key)", NULL,
                        NULL, NULL) != SQLITE_OK) {
        PyErr_SetString(PyExc_OSError, "no database");
        return -1;
    }
    return 0;
}

static int
visit_state(PyObject *module, visitproc visit, void *arg)
{
    State *s = PyModule_GetState(module);
    Py_VISIT(s->cache);
    return 0;
}

static void
close_state(void *module)
{
    State *s = PyModule_GetState(module);
    Py_CLEAR(s->cache);
    sqlite3_close(s->db);
    s->db = NULL;
}

static PyMethodDef methods[] = {
    {"put", put, METH_O, NULL},
    {"rows", rows, METH_NOARGS, NULL},
    {"told", told, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, open_state}, {0, NULL}};
static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "scoring", .m_size = sizeof(State),
    .m_methods = methods, .m_slots = slots, .m_traverse = visit_state,
    .m_free = close_state,
};
PyMODINIT_FUNC
PyInit_scoring(void)
{
    return PyModuleDef_Init(&module);
}
"""
SMALL = "sqlite3 *db; PyObject *cache; long total;"
LARGE = "long total; PyObject *seen; PyObject *cache; char name[80];" \
        "sqlite3 *db;"
HOOK = "CB_MIGRATE(State, self, old)\n{\n    %s\n    return 0;\n}"
CRASH = "*(volatile int *)16 = 1;"


def source(step, fields=SMALL, body=None):
    return MODULE % {"step": step, "fields": fields,
                     "hook": "" if body is None else HOOK % body}


@pytest.fixture
def project(tmp_path, sqlite):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "leftovers.py").write_text(CHURN)
    (folder / "scoring.c").write_text(source(1))
    (folder / "pyproject.toml").write_text(
        "[tool.cowbird.modules.scoring]\nsources = [\"scoring.c\"]\n"
        "pkg-config = [\"sqlite3\"]\n")
    return folder


def told(live):
    code, body = live.get("/scoring/told")
    assert code == 200, body
    return tuple(int(word) for word in body.strip("()").split(","))


def swapped(live, **fields):
    """The save is live in the worker, which a slow machine may have shown as
    late."""
    event = live.event("swap", module="scoring", **fields)
    if event["moved"] < event["workers"]:
        live.event("moved")


def handles(worker):
    """How many descriptors of the worker are open on the database."""
    open_files = os.scandir("/proc/%d/fd" % worker["pid"])
    return sum(os.path.realpath(one.path).endswith("/kept.db")
               for one in open_files)


def news_of_images(live):
    """(how many the worker has unloaded, how many it keeps, how often it has
    the database open), as often as that changes. The worker is not asked for
    it: who computes cannot be looked at."""
    last, end = None, 0
    while True:
        worker, = live.status()["workers"]
        now = worker["unloaded"], len(worker["kept"]), handles(worker)
        if now != last:
            last, end = now, time.monotonic() + PATIENCE
            yield now
        assert time.monotonic() < end, "%s of %s" % (now, worker)
        time.sleep(0.05)  # it needs the processor for its looks


def test_an_open_database_a_cache_and_counters_outlive_saves_and_migrations(
        program, project):
    with Live(program, project) as live:
        live.port()
        assert live.get("/scoring/put?0") == (200, "1")
        live.meet()
        total, handle = 1, told(live)[2]
        for turn in range(1, 13):
            # every third save lays the state out anew
            fields = LARGE if turn // 3 % 2 else SMALL
            live.save("scoring.c", source(turn, fields, "(void)old;"))
            swapped(live, generation=turn + 1)
            total += turn
            assert live.get("/scoring/put?%d" % turn) == (200, str(total))
            assert told(live) == (turn + 1, total, handle)
            assert live.get("/scoring/rows") == (200, str(turn + 1))
        # What each of the twelve new inits, or of twice as many by two
        # compilers, has opened is closed with its image; the last one's stays
        # as long as its code serves. A word of a query in memory that SQLite
        # has freed may keep an image, so that is counted too.
        for unloaded, kept, opened in news_of_images(live):
            if unloaded >= 6 and opened <= 2 + kept:
                break
            assert live.get("/leftovers/churn")[0] == 200


def test_a_refusal_names_the_field_and_what_helps(program, project):
    with Live(program, project) as live:
        live.port()
        assert live.get("/scoring/put?0") == (200, "1")
        live.meet()
        live.save("scoring.c", source(5, LARGE))
        refused = live.event("refused", module="scoring")
        assert refused["text"].startswith(
            "State.seen would be new, 8 bytes at offset 8, and the module "
            "state of scoring would go from 24 to 112 bytes: add a migrate "
            "hook (cowbird help migrate)"), refused
        live.save("scoring.c", source(
            5, LARGE, 'PyErr_SetString(PyExc_KeyError, "x"); return -1;'))
        refused = live.event("refused", module="scoring")
        assert "its migrate hook said no: KeyError: 'x'" in refused["text"]
        assert live.get("/scoring/put?1") == (200, "2")
        live.save("scoring.c", source(5, LARGE, "(void)old;"))
        swapped(live)
        assert live.get("/scoring/put?2") == (200, "7")


def test_a_hook_that_crashes_is_named_and_the_old_code_serves(program,
                                                              project):
    text = source(5, LARGE, CRASH)
    line = [CRASH in words for words in text.splitlines()].index(True) + 1
    with Live(program, project) as live:
        live.port()
        assert live.get("/scoring/put?0") == (200, "1")
        live.meet()
        live.save("scoring.c", text)
        crashed = live.event("crashed", module="scoring")
        assert (crashed["signal"], crashed["function"], crashed["line"],
                pathlib.Path(crashed["file"]).name) == (
            "SIGSEGV", "cb_migrate_State", line, "scoring.c")
        assert live.event("restart")["why"] == "crashed"
        live.port()
        # a new process: the database is there, what was in memory is not
        assert live.get("/scoring/put?1") == (200, "1")
        assert live.get("/scoring/rows") == (200, "2")
