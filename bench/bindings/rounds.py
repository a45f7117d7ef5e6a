"""Rounds: the five functions of every contestant called in turns, in one
process. Started by bindings.py under `cowbird run --dev`, so that the module
`plain` is the one of a session; all others are ordinary extensions.

    rounds.py FOLDER-OF-EXTENSIONS RESULT.json ROUNDS CALLS
"""
import array
import ctypes
import json
import os
import random
import sys
import time

VALUES = array.array("d", [i * 0.5 for i in range(1000)])
TEXT = "a text of some length"


def compiled(module):
    """A contestant whose functions are called as they are."""
    return {"next": (module.next, (20,)),
            "product": (module.product, (1.5, 2.5)),
            "tail": (module.tail, (TEXT,)),
            "mean": (module.mean, (VALUES,)),
            "turned": (module.turned, (module.point(1.0, 2.0),))}


def with_cffi():
    from with_cffi import ffi, lib

    def tail(text):
        data = text.encode()  # what comes back points into it
        return ffi.string(lib.tail(data)).decode()

    def mean(values):
        return lib.mean(ffi.from_buffer("double[]", values), len(values))

    def turned(p):
        return lib.turned(p[0])
    return {"next": (lib.next, (20,)), "product": (lib.product, (1.5, 2.5)),
            "tail": (tail, (TEXT,)), "mean": (mean, (VALUES,)),
            "turned": (turned, (ffi.new("struct point *", (1.0, 2.0)),))}


def with_ctypes(folder):
    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]
    lib = ctypes.CDLL(folder + "/libfunctions.so")
    lib.product.argtypes = [ctypes.c_double, ctypes.c_double]
    lib.product.restype = ctypes.c_double
    lib.next.argtypes = [ctypes.c_int]
    lib.tail.argtypes = [ctypes.c_char_p]
    lib.tail.restype = ctypes.c_char_p
    lib.mean.argtypes = [ctypes.POINTER(ctypes.c_double), ctypes.c_size_t]
    lib.mean.restype = ctypes.c_double
    lib.turned.argtypes = [Point]
    lib.turned.restype = Point

    def tail(text):
        return lib.tail(text.encode()).decode()

    def mean(values):
        n = len(values)
        return lib.mean((ctypes.c_double * n).from_buffer(values), n)
    return {"next": (lib.next, (20,)), "product": (lib.product, (1.5, 2.5)),
            "tail": (tail, (TEXT,)), "mean": (mean, (VALUES,)),
            "turned": (lib.turned, (Point(1.0, 2.0),))}


def contestants(folder):
    """{name: {function: (callable, arguments)}}; who can't be imported is
    left out, with the reason."""
    found, missing = {}, {}
    for name in ("released", "plain", "hand", "by_place", "with_nanobind",
                 "with_pybind11", "with_cython", "with_pyo3", "with_cffi",
                 "with_ctypes"):
        try:
            if name == "with_cffi":
                found[name] = with_cffi()
            elif name == "with_ctypes":
                found[name] = with_ctypes(folder)
            else:
                found[name] = compiled(__import__(name))
        except (ImportError, OSError, AttributeError) as error:
            missing[name] = str(error)
    return found, missing


def check(all_):
    """Every one of them computes the same."""
    for name, functions in all_.items():
        for function, (call, args) in functions.items():
            got = call(*args)
            if function == "turned":
                got = (got.x, got.y)
            wanted = {"next": 21, "product": 3.75, "tail": TEXT[1:],
                      "mean": sum(VALUES) / 1000, "turned": (-2.0, 1.0)}
            assert got == wanted[function], (name, function, got)


def make_loop(args, call):
    """A loop with its arguments in local variables."""
    names = ["a", "b"][:len(args)]
    text = "def loop(call, times):\n    %s, = args\n" % ", ".join(names)
    text += ("    start = clock()\n    for _ in range(times):\n        %s\n"
             "    return clock() - start\n" % call.format(", ".join(names)))
    scope = {"args": args, "clock": time.perf_counter_ns}
    exec(text, scope)
    return scope["loop"]


def main(folder, result, rounds, calls):
    sys.path.append(folder)
    all_, missing = contestants(folder)
    check(all_)
    loops = {(name, function): (make_loop(args, "call({})"), call)
             for name, functions in all_.items()
             for function, (call, args) in functions.items()}
    empty = make_loop((None,), "pass")
    took = {key: [] for key in loops}
    order = list(loops)
    for loop, call in loops.values():
        loop(call, calls)
    for _ in range(rounds):
        random.shuffle(order)
        for key in order:
            loop, call = loops[key]
            times = max(calls // 10, 100) if key[1] == "mean" else calls
            nothing = min(empty(None, times) for _ in range(2))
            took[key].append((loop(call, times) - nothing) / times)
    with open(result + ".tmp", "w") as file:
        json.dump({"took": [[*key, some] for key, some in took.items()],
                   "missing": missing}, file)
    os.rename(result + ".tmp", result)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
