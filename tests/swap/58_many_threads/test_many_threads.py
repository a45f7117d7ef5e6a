"""Case 58: sixteen threads call while a function changes its code and its
calling convention: each call is whole, and no thread goes back to older code.
The guest runs under ThreadSanitizer; a report ends the app."""
import os

from bed import stretch

SWAPS = int(os.environ.get("COWBIRD_TEST_THREAD_SWAPS", "50"))
THREADS = 16
MARK = b"which-generation"  # 16 bytes, written over in the artefact

CALLS = """
import threading
stop, faults, counts = threading.Event(), [], [0] * %d
def call(which):
    last = n = 0
    pair = hot.pair
    while not stop.is_set():
        for ask in (pair, hot.pair):
            n += 1
            a, b, generation = ask(which, n)
            if (a, b) != (which, n) or generation < last:
                faults.append((which, n, a, b, generation, last))
            last = generation
    counts[which] = n
threads = [threading.Thread(target=call, args=(n,)) for n in range(%d)]
for t in threads:
    t.start()
""" % (THREADS, THREADS)

# (flags, parameters, how the two are got)
CONVENTIONS = [
    ("METH_VARARGS", "PyObject *args",
     "a = PyTuple_GET_ITEM(args, 0); b = PyTuple_GET_ITEM(args, 1);"),
    ("METH_FASTCALL", "PyObject *const *args, Py_ssize_t count",
     "if (count != 2) abort(); a = args[0]; b = args[1];"),
    ("METH_FASTCALL | METH_KEYWORDS",
     "PyObject *const *args, Py_ssize_t count, PyObject *names",
     "if (count != 2 || names) abort(); a = args[0]; b = args[1];"),
]


def code(flags, parameters, get):
    return stretch(
        before="#include <stdlib.h>\n"
               "static volatile const char mark[16] = \"which-generation\";"
               "static PyObject *pair(PyObject *m, %s)"
               "{ PyObject *a, *b; char n[17] = {0}; %s"
               "  for (int i = 0; i < 16; i++) n[i] = mark[i];"
               "  return Py_BuildValue(\"OOi\", a, b, atoi(n)); }"
               % (parameters, get),
        methods='{"pair", (PyCFunction)(void (*)(void))pair, %s, NULL},'
                % flags)


def test_sixteen_threads_see_whole_calls_through_all_swaps(thread_bed):
    bed = thread_bed
    built = []
    for convention in CONVENTIONS:
        with open(bed.build("hot", code(*convention)), "rb") as artefact:
            built.append(artefact.read())
        assert built[-1].count(MARK) == 1

    def artefact(n):
        path = bed.folder / ("gen-%d.so" % n)
        path.write_bytes(built[n % len(built)].replace(MARK, b"%016d" % n))
        return str(path)

    bed.modules["hot"] = ["hot", 1, artefact(1)]
    bed.write()
    app, peer = bed.start("hot")
    app.do(CALLS)
    for n in range(2, SWAPS + 2):
        order = {"name": "hot", "stem": "hot", "generation": n,
                 "artefact": artefact(n), "source": bed.source("hot")}
        bed.swap(peer, order)
        os.unlink(order["artefact"])
    app.do("stop.set(); [t.join() for t in threads]")
    assert app.ask("faults[:5]") == []
    assert app.ask("min(counts)") > 0
    assert app.ask("hot.pair(1, 2)") == (1, 2, SWAPS + 1)
    assert app.end() == 0
