"""Case 66: the main thread is blocked in select: a swap goes live at once. In
a C call that keeps the GIL: it waits, and the session says why."""
import threading

from bed import returning
from live import Live, source
from compilers import await_file


def test_a_swap_goes_live_while_the_main_thread_is_in_select(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.start("import select, sys; select.select([sys.stdin], [], [])")
    for value in (2, 3, 4):
        bed.swap(peer, bed.order("hot", returning(value)))
    app.start("after = hot.answer()")  # what select has waited for
    app.hear()
    app.hear()
    assert app.ask("after") == 4


def holding(folder, value):
    """answer(), and hold(), which keeps the GIL until a file is there."""
    text = "#include <fcntl.h>\n#include <poll.h>\n#include <unistd.h>\n" + source(value)
    return text.replace("static PyMethodDef methods[] = {", f"""\
static PyObject *
hold(PyObject *self, PyObject *unused)
{{
    close(open("{folder}/held", O_CREAT, 0600));
    while (access("{folder}/release", F_OK) != 0) {{
        poll(NULL, 0, 1);
    }}
    return PyLong_FromLong({value});
}}

static PyMethodDef methods[] = {{
    {{"hold", hold, METH_NOARGS, NULL}},""", 1)


def test_a_call_that_keeps_the_gil_is_waited_for_and_named(
        program, python, project, tmp_path):
    (project / "scoring.c").write_text(holding(tmp_path, 1))
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        answers = []
        visitor = threading.Thread(
            target=lambda: answers.append(live.get("/scoring/hold")))
        visitor.start()
        await_file(tmp_path / "held")
        live.save("scoring.c", holding(tmp_path, 2))
        event = live.event("late")
        assert event["workers"] == 1
        live.said("1 worker does not answer (C code keeps the GIL); it moves "
                  "when it runs again")
        (tmp_path / "release").touch()
        visitor.join()
        assert answers == [(200, "1")]
        live.event("moved")
        assert live.get("/scoring/answer") == (200, "2")
