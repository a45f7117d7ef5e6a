"""Times the functions of three modules against each other: `calls`, which a
session swaps, and `plain` and `again`, ordinary extensions of the same code.
Usage: call_rounds.py PLAIN_FOLDER VALUE RESULT ROUNDS CALLS

Waits until the swapped code answers VALUE, then writes to RESULT as JSON
{shape: {module: ns per call in each round, loop subtracted}}.
"""
import gc
import json
import os
import sys
import time
from itertools import repeat
from time import perf_counter_ns

import calls

folder, wanted, result, rounds, count = sys.argv[1:]
rounds, count = int(rounds), int(count)
sys.path.append(folder)
import again  # noqa: E402
import plain  # noqa: E402

MODULES = {"plain": plain, "swapped": calls, "again": again}


def run_empty(f):
    began = perf_counter_ns()
    for _ in repeat(None, count):
        pass
    return perf_counter_ns() - began


def run_noargs(f):
    began = perf_counter_ns()
    for _ in repeat(None, count):
        f()
    return perf_counter_ns() - began


def run_one(f):
    began = perf_counter_ns()
    for _ in repeat(None, count):
        f(6)
    return perf_counter_ns() - began


def run_two(f):
    began = perf_counter_ns()
    for _ in repeat(None, count):
        f(3, 4)
    return perf_counter_ns() - began


SHAPES = {"noargs": run_noargs, "one": run_one, "fast": run_two,
          "varargs": run_two}


def measure(shape):
    run = SHAPES[shape]
    functions = [(name, getattr(module, shape))
                 for name, module in MODULES.items()]
    assert {f(*[3, 4][:2] if run is run_two else [6][:run is run_one])
            for name, f in functions} == {7}
    took = {name: [] for name in MODULES}
    for turn in range(rounds):
        loop = run_empty(None)
        turned = functions[turn % 3:] + functions[:turn % 3]
        for name, f in turned:
            took[name].append((run(f) - loop) / count)
    return took


open(result + ".ready", "w").close()
while calls.value() != int(wanted):
    time.sleep(0.01)
gc.disable()
text = json.dumps({shape: measure(shape) for shape in SHAPES})
with open(result + ".part", "w") as out:
    out.write(text)
os.replace(result + ".part", result)
