"""The arguments of an app's calls are kept for `cowbird bench`."""
import pytest

from bed import Raised, returning, stretch
from recording import await_calls, record, told

# Each answers which way it was called; a shape's declaration and flags.
SHAPES = {
    "none": ("PyObject *m, PyObject *a", "METH_NOARGS"),
    "one": ("PyObject *m, PyObject *a", "METH_O"),
    "fast": ("PyObject *m, PyObject *const *a, Py_ssize_t n", "METH_FASTCALL"),
    "keys": ("PyObject *m, PyObject *const *a, Py_ssize_t n, PyObject *k",
             "METH_FASTCALL|METH_KEYWORDS"),
    "tuple": ("PyObject *m, PyObject *a", "METH_VARARGS"),
    "both": ("PyObject *m, PyObject *a, PyObject *k",
             "METH_VARARGS|METH_KEYWORDS"),
}


def shaped(names, flags=None):
    """A module with these functions; `flags` renames one's shape."""
    before, methods = "", ""
    for name in names:
        words, kind = SHAPES[(flags or {}).get(name, name)]
        before += ('static PyObject *c_%s(%s) { return PyUnicode_FromString('
                   '"%s"); }\n' % (name, words, kind))
        methods += ('{"%s", (PyCFunction)(void (*)(void))c_%s, %s, NULL},'
                    % (name, name, kind))
    return stretch(before=before, methods=methods)


SUM = stretch(
    before="static PyObject *c_f(PyObject *m, PyObject *a)"
           "{ return PyLong_FromLong(PyLong_AsLong(a) + 1); }",
    methods='{"f", c_f, METH_O, NULL},')


def start(bed, code, *flags):
    """(app, peer) that has imported `code` as hot."""
    bed.module("hot", code, *flags)
    return bed.start("hot")


@pytest.fixture
def hot(bed):
    return start(bed, SUM)


def test_every_calling_convention_is_kept_as_it_was_called(bed):
    app, peer = start(bed, shaped(SHAPES))
    calls = {"none": "()", "one": "([1],)", "fast": "(1, 'b')",
             "keys": "(1, b=2, c=3)", "tuple": "(1, 2)",
             "both": "(1, *(2,), **{'k': 'v'})"}
    for number, (name, words) in enumerate(calls.items(), 1):
        assert record(peer, name, 1, number) == ""
        assert app.ask("hot.%s%s" % (name, words)) == SHAPES[name][1]
        await_calls(peer, number)
        assert app.ask("hot.%s%s" % (name, words)) == SHAPES[name][1]
    assert told(peer) == [((), {}), (([1],), {}), ((1, "b"), {}),
                          ((1,), {"b": 2, "c": 3}), ((1, 2), {}),
                          ((1, 2), {"k": "v"})]


def test_so_many_calls_are_kept_as_were_asked_for(hot):
    app, peer = hot
    assert record(peer, "f", 3) == ""
    assert app.ask("[hot.f(i) for i in range(9)]") == list(range(1, 10))
    assert await_calls(peer, 3) == [((i,), {}) for i in range(3)]
    # an answer to the next question comes after all that was told
    record(peer, "f", 1, 2)
    assert len(told(peer)) == 3


def test_a_recording_that_is_ended_keeps_no_more(hot):
    app, peer = hot
    assert record(peer, "f", 9) == ""
    app.do("hot.f(1)")
    await_calls(peer, 1)
    record(peer, "f", 0)
    record(peer, "g", 9, 2)
    app.do("hot.f(2)")
    assert record(peer, "g", 9, 3) != ""
    assert told(peer) == [((1,), {})]


def test_the_app_s_place_is_told(hot):
    app, peer = hot
    app.do("import sys, os, tempfile; os.chdir('/'); sys.path.append('/x')")
    record(peer, "f", 1)
    assert (peer.folder, peer.paths) == ("/", app.ask("sys.path"))


def test_what_cannot_be_kept_says_which_argument_and_why(bed):
    app, peer = start(bed, shaped(["both"]))
    record(peer, "both", 4)
    app.do("import threading; hot.both(1, threading.Lock())\n"
           "hot.both(2, key=threading.Lock())\n"
           "class Odd:\n"
           "    def __reduce__(self): raise ValueError('not\\u00e9 me')\n"
           "hot.both(Odd()); hot.both(3)")
    one, two, three, four = await_calls(peer, 4)
    assert one.startswith("argument 2 (_thread.lock): TypeError: "), one
    assert two.startswith("argument 'key' (_thread.lock): TypeError: "), two
    assert three == "argument 1 (Odd): ValueError: noté me"
    assert four == ((3,), {})


def test_more_than_a_message_holds_is_not_kept(hot):
    app, peer = hot
    record(peer, "f", 1)
    with pytest.raises(Raised):
        app.do("hot.f(bytes(9 << 20))")
    assert await_calls(peer, 1) == ["its arguments take 9 MB"]


def test_a_name_that_is_not_there_is_refused_with_those_that_are(bed):
    app, peer = start(bed, shaped(["one", "keys"]))
    assert record(peer, "on", 1) == ("hot has no function 'on'\n"
                                    "it has: one, keys")
    assert record(peer, "one", 1, module="cold") == "cold is not imported"


def test_swaps_meanwhile_reach_every_call(bed):
    app, peer = start(bed, returning(1))
    record(peer, "answer", 3)
    seen = [app.ask("hot.answer()")]
    for value in (2, 3, 4):
        bed.swap(peer, bed.order("hot", returning(value)))
        seen.append(app.ask("hot.answer()"))
    assert seen == [1, 2, 3, 4]
    await_calls(peer, 3)
    bed.swap(peer, bed.order("hot", returning(5)))
    assert app.ask("hot.answer()") == 5


def test_variables_that_come_and_go_meanwhile_are_carried(bed):
    def code(step):
        return stretch(
            before="static long n; static PyObject *c_f(PyObject *m, "
                   "PyObject *a) { return PyLong_FromLong(n += %d); }" % step,
            methods='{"f", c_f, METH_O, NULL},')
    app, peer = start(bed, SUM, "-O1", "-g")
    record(peer, "f", 99)
    app.do("hot.f(1)")
    bed.swap(peer, bed.order("hot", code(1), "-O1", "-g"))
    assert app.ask("[hot.f(0) for _ in range(5)]") == [1, 2, 3, 4, 5]
    bed.swap(peer, bed.order("hot", code(10), "-O1", "-g"))
    assert app.ask("hot.f(0)") == 15
    await_calls(peer, 7)
    record(peer, "f", 0)
    bed.swap(peer, bed.order("hot", code(100), "-O1", "-g"))
    assert app.ask("hot.f(0)") == 115


def test_another_convention_while_arguments_are_kept_is_called_rightly(bed):
    app, peer = start(bed, shaped(["one"]))
    record(peer, "one", 2)
    app.do("import threading, json\n"
           "begun, go, answers = threading.Event(), threading.Event(), []\n"
           "class Slow:\n"
           "    def __reduce__(self):\n"
           "        begun.set(); go.wait(); return (int, (7,))\n"
           "thread = threading.Thread(\n"
           "    target=lambda: answers.append(hot.one(Slow())))\n"
           "thread.start(); begun.wait()")
    bed.swap(peer, bed.order("hot", shaped(["one"], {"one": "keys"})))
    app.do("go.set(); thread.join()")
    assert app.ask("answers") == ["METH_FASTCALL|METH_KEYWORDS"]
    assert await_calls(peer, 1) == [((7,), {})]


def test_a_function_that_is_removed_meanwhile_says_so(hot, bed):
    app, peer = hot
    app.do("held = hot.f")
    record(peer, "f", 9)
    bed.swap(peer, bed.order("hot", returning(1)))
    with pytest.raises(Raised, match="hot.f.. was removed"):
        app.do("held(1)")
    record(peer, "f", 0)
    with pytest.raises(Raised, match="hot.f.. was removed"):
        app.do("held(1)")


def test_a_call_while_arguments_are_kept_is_just_a_call(bed):
    app, peer = start(bed, shaped(["one"]))
    record(peer, "one", 2)
    app.do("class Own:\n"
           "    def __reduce__(self): return (str, (hot.one(1),))")
    assert app.ask("hot.one(Own())") == "METH_O"
    assert await_calls(peer, 1) == [(("METH_O",), {})]


def test_an_interrupt_while_arguments_are_kept_ends_the_call(hot):
    app, peer = hot
    record(peer, "f", 2)
    with pytest.raises(Raised, match="KeyboardInterrupt"):
        app.do("class Slow:\n"
               "    def __reduce__(self): raise KeyboardInterrupt\n"
               "hot.f(Slow())")
    assert app.ask("hot.f(1)") == 2
    assert await_calls(peer, 1) == [((1,), {})]


def test_threads_call_on_through_many_recordings(hot):
    app, peer = hot
    app.do("import sys, threading\n"
           "sys.setswitchinterval(1e-4)\n"
           "stop, wrong = False, []\n"
           "def loop():\n"
           "    while not stop:\n"
           "        if hot.f(41) != 42: wrong.append(1)\n"
           "threads = [threading.Thread(target=loop) for _ in range(4)]\n"
           "for t in threads: t.start()")
    for number in range(1, 41):
        record(peer, "f", 2, number)
        await_calls(peer, 2 * number)
    app.do("stop = True\nfor t in threads: t.join()")
    assert app.ask("wrong") == []
    assert set(map(repr, told(peer))) == {"((41,), {})"}


def test_a_forked_child_records_nothing(hot, bed):
    app, peer = hot
    record(peer, "f", 9)
    app.do("import os\n"
           "read, write = os.pipe()\n"
           "pid = os.fork()\n"
           "if pid == 0:\n"
           "    os.write(write, b'%d' % hot.f(1))\n"
           "    os._exit(0)\n"
           "os.waitpid(pid, 0)")
    assert app.ask("os.read(read, 9)") == b"2"
    app.do("hot.f(5)")
    assert await_calls(peer, 1) == [((5,), {})]


def test_a_bench_that_ends_leaves_calls_as_they_were(hot, bed):
    app, peer = hot
    record(peer, "f", 9)
    bed.hang_up()
    assert app.ask("[hot.f(i) for i in range(12)]") == list(range(1, 13))
    assert app.end() == 0
