"""measure: python measure.py FD ORDER

Times one function of one artefact and says on FD, as JSON, what it found.
ORDER is a JSON file: which artefact, which calls, and where the first turn of
all keeps its plan (what each call gives, which calls are timed, how often) for
every turn that follows. A process of its own for each turn: no session, no
app, nothing that one build could leave behind for another.
"""
import array
import base64
import builtins
import gc
import hashlib
import importlib
import importlib.machinery
import importlib.util
import inspect
import json
import keyword
import os
import pickle
import struct
import sys
import time

FIRST_S = 2.0  # no further call is taken once these have taken so long
SAMPLE_NS = 100000  # a sample is so many calls that it takes so long
TURN_NS = 100000000
SAMPLES = (3, 25)
ROWS_BYTES = 4 << 20  # of arguments that are made anew
ROWS = 1000
SHOWN = 60


class Refusal(Exception):
    """Nothing can be timed: kind, sentence and what else the bench needs."""

    def __init__(self, kind, text, **more):
        super().__init__(text)
        self.answer = dict(error=kind, text=text, **more)


def words_of(error):
    """"ValueError: x must be positive", as a traceback ends."""
    text = " ".join(str(error).split())
    name = type(error).__name__
    return "%s: %s" % (name, text) if text else name


# -- what is called ----------------------------------------------------------


def load(order):
    name, artefact = order["module"], order["artefact"]
    loader = importlib.machinery.ExtensionFileLoader(name, artefact)
    spec = importlib.util.spec_from_file_location(name, artefact,
                                                  loader=loader)
    try:
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        loader.exec_module(module)
    except Exception as error:
        raise Refusal("load", words_of(error))
    function = getattr(module, order["function"], None)
    if not callable(function):
        raise Refusal("missing", "", names=sorted(
            name for name, value in vars(module).items()
            if callable(value) and not name.startswith("_")))
    return function


class Names(dict):
    """What an expression on the command line may name besides builtins:
    array, and every module."""

    def __missing__(self, name):
        if name == "array":
            return array.array
        if hasattr(builtins, name):
            raise KeyError(name)
        try:
            return importlib.import_module(name)
        except ImportError:
            raise KeyError(name) from None


def by_hand(text):
    """A call whose arguments are a Python expression."""
    try:
        code = compile(text, "--args", "eval")
    except (SyntaxError, ValueError) as error:
        raise Refusal("args", words_of(error))

    def make():
        found = eval(code, {}, Names())
        return (found, {}) if isinstance(found, tuple) else ((), found)
    try:
        args, named = make()
    except Exception as error:
        raise Refusal("args", words_of(error))
    if not isinstance(named, dict) or not all(
            isinstance(name, str) for name in named):
        raise Refusal("args", "it is %s: arguments are a tuple, as in (1,), "
                      "or a dict of names" % type(named).__name__)
    return make


def recorded(text):
    data = base64.b64decode(text)
    return lambda: pickle.loads(data)


def makers(order):
    """One function a call, which makes its arguments anew."""
    if order["expression"] is not None:
        return [by_hand(order["expression"])]
    return [recorded(text) for text in order["calls"]]


# -- what it gives -----------------------------------------------------------


def fields_of(value):
    """Of an object written in C: its readable attributes."""
    kinds = (type(array.array.typecode), type(type.__dict__["__flags__"]))
    found = []
    for name in dir(type(value)):
        if not name.startswith("_") and isinstance(
                inspect.getattr_static(type(value), name), kinds):
            try:
                found.append((name, form(getattr(value, name))))
            except Exception as error:
                found.append((name, words_of(error)))
    return found


def form(value):
    """`value` in a form that another process can compare."""
    kind = type(value)
    if value is None or kind in (bool, int, float, complex, str, bytes):
        return value
    if kind in (list, tuple):
        return (kind.__name__, [form(item) for item in value])
    if kind is dict:
        return ("dict", [(form(k), form(v)) for k, v in value.items()])
    if kind in (set, frozenset):
        return ("set", sorted(map(repr, value)))
    try:
        view = memoryview(value)
        return ("buffer", view.format, view.itemsize, view.shape,
                view.tobytes())
    except (TypeError, ValueError, BufferError):
        pass
    try:
        return ("pickled", kind.__name__, pickle.dumps(value, 4))
    except Exception:
        return ("object", kind.__name__, fields_of(value))


def short(value):
    text = repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN - 3] + "..."


def buffers_differ(now, then, where):
    _, letter, size, shape, data = now
    if (letter, shape) != (then[1], then[3]):
        return "%s is %s%s, not %s%s" % (where, letter, shape, then[1],
                                         then[3])
    at = next(i for i in range(len(data)) if data[i] != then[4][i])
    index = at // size
    ends = slice(index * size, (index + 1) * size)
    try:
        one, other = (struct.unpack(letter, d[ends])[0]
                      for d in (data, then[4]))
    except struct.error:
        one, other = data[ends], then[4][ends]
    return "%s[%d] is %s, not %s" % (where, index, short(one), short(other))


def differ(now, then, where):
    """How one form differs from another, in words; None: not at all."""
    if now == then or (now != now and then != then):
        return None
    both = isinstance(now, tuple) and isinstance(then, tuple)
    if not both or now[0] != then[0]:
        if both:
            now, then = now[0], then[0]
        return "%s is %s, not %s" % (where, short(now), short(then))
    kind = now[0]
    if kind == "buffer":
        return buffers_differ(now, then, where)
    if kind in ("list", "tuple") and len(now[1]) == len(then[1]):
        parts = (differ(a, b, "%s[%d]" % (where, i))
                 for i, (a, b) in enumerate(zip(now[1], then[1])))
    elif kind == "dict" and [k for k, _ in now[1]] == [k for k, _ in then[1]]:
        parts = (differ(a[1], b[1], "%s[%s]" % (where, short(a[0])))
                 for a, b in zip(now[1], then[1]))
    elif kind == "object" and now[1] == then[1]:
        parts = (differ(a[1], b[1], "%s.%s" % (where, a[0]))
                 for a, b in zip(now[2], then[2]))
    else:
        return "%s is another %s" % (where, now[1] if kind in (
            "pickled", "object") else kind)
    return next((part for part in parts if part is not None), None)


def state_of(args, named):
    """What a call may have changed: equal when it has not."""
    return hashlib.sha256(repr(form((list(args), named))).encode(
        "utf-8", "surrogatepass")).digest()


def try_call(function, make):
    """One call, looked at: what it gives, what it leaves in its arguments."""
    try:
        args, named = make()
    except Exception as error:
        return {"lost": words_of(error)}
    before = state_of(args, named)
    began = time.perf_counter_ns()
    try:
        result = function(*args, **named)
    except Exception as error:
        return {"raises": words_of(error)}
    took = time.perf_counter_ns() - began
    if inspect.isawaitable(result):
        if hasattr(result, "close"):
            result.close()
        raise Refusal("async", "")
    found = {"took": took, "gives": form(result)}
    if state_of(args, named) != before:
        found["leaves"] = form((list(args), named))
    return found


def try_all(function, calls, most):
    found = []
    began = time.monotonic()
    for make in calls[:most]:
        if found and time.monotonic() - began > FIRST_S and most is None:
            break
        found.append(try_call(function, make))
    return found


def compare(now, then):
    """The first difference of two tries of the same calls; None: none."""
    for number, (a, b) in enumerate(zip(now, then), 1):
        for key, where in (("raises", "what it raises"),
                           ("gives", "the result"),
                           ("leaves", "what it leaves")):
            if (key in a) != (key in b):
                if "raises" in (key, *a, *b):
                    return "call %d %s" % (number, "raises " + a["raises"]
                                           if "raises" in a
                                           else "raises nothing")
                return "call %d: %s differs" % (number, where)
            found = differ(a[key], b[key], where) if key in a else None
            if found is not None:
                return "call %d: %s" % (number, found)
    return None


# -- how long it takes -------------------------------------------------------


def make_loops(args, named, is_fresh):
    """Two loops of one shape, with the call and without it: each returns its
    time. The call stands in the loop as an app would write it."""
    values = ["v%d" % i for i in range(len(args) + len(named))]
    names = list(named)
    plain = all(name.isidentifier() and not keyword.iskeyword(name)
                for name in names)
    passed = values[:len(args)] + [
        ("%s=%s" if plain else "**{%r: %s}") % pair
        for pair in zip(names, values[len(args):])]
    row = "(%s)" % "".join(value + ", " for value in values)
    taken = row if is_fresh else "_"
    text = ("def loop(_rows, _call%s):\n"
            "    began = clock()\n"
            "    for %s in _rows: %%s\n"
            "    return clock() - began\n" % (
                "" if is_fresh else "".join(", " + v for v in values), taken))
    made = []
    for body in ("_call(%s)" % ", ".join(passed), "pass"):
        space = {"clock": time.perf_counter_ns}
        exec(text % body, space)
        made.append(space["loop"])
    return made


class Timed:
    """One call, timed in samples of `count`."""

    def __init__(self, function, make, is_fresh):
        self.function = function
        self.make = make
        self.is_fresh = is_fresh
        args, named = make()
        self.values = (*args, *named.values())
        self.loop, self.empty = make_loops(args, named, is_fresh)
        self.count = 1
        self.empty_ns = 0

    def rows(self):
        if not self.is_fresh:
            return [None] * self.count
        made = (self.make() for _ in range(self.count))
        return [(*args, *named.values()) for args, named in made]

    def run(self, loop, rows):
        more = () if self.is_fresh else self.values
        return loop(rows, self.function, *more)

    def most(self):
        """How often at once: arguments take room."""
        if not self.is_fresh:
            return 1 << 20
        try:
            size = len(pickle.dumps(self.values, 4))
        except Exception:
            size = 1 << 16
        return max(1, min(ROWS, ROWS_BYTES // max(size, 1)))

    def calibrate(self):
        most = self.most()
        while True:
            took = self.run(self.loop, self.rows())
            if took >= SAMPLE_NS or self.count >= most:
                return took
            grown = self.count * SAMPLE_NS // max(took, 1) + 1
            self.count = min(most, max(self.count * 2, grown),
                             self.count * 16)

    def settle(self, count):
        self.count = count
        rows = self.rows()
        self.empty_ns = min(self.run(self.empty, rows) for _ in range(5))
        self.run(self.loop, rows)

    def sample(self):
        took = self.run(self.loop, self.rows()) - self.empty_ns
        return max(took, 0) / self.count


def plan_of(function, calls, found):
    """Which of the calls are timed, how often at once and how many times: the
    same for every build."""
    good = [i for i, one in enumerate(found) if "gives" in one]
    if not good:
        lost = next((one["lost"] for one in found if "lost" in one), None)
        raises = next((one["raises"] for one in found if "raises" in one), "")
        raise Refusal("lost" if lost else "raises", lost or raises)
    is_fresh = any("leaves" in one for one in found)
    timed, counts, spent = [], [], 0
    for i in good:
        one = Timed(function, calls[i], is_fresh)
        spent += one.calibrate()
        timed.append(i)
        counts.append(one.count)
        if spent > TURN_NS * 10:
            break
    low, high = SAMPLES
    return {"found": found, "is_fresh": is_fresh, "timed": timed,
            "counts": counts,
            "samples": min(high, max(low, TURN_NS // max(spent, 1)))}


def time_all(function, calls, plan):
    all_of_them = []
    for i, count in zip(plan["timed"], plan["counts"]):
        one = Timed(function, calls[i], plan["is_fresh"])
        one.settle(count)
        all_of_them.append(one)
    samples = [[] for _ in all_of_them]
    gc.collect()
    gc.disable()
    for _ in range(plan["samples"]):
        for one, into in zip(all_of_them, samples):
            into.append(one.sample())
    gc.enable()
    return samples


def first_words(found, key):
    those = [one[key] for one in found if key in one]
    return {"count": len(those), "first": those[0] if those else ""}


def run(order):
    if order["session"] is not None:
        os.environ["COWBIRD_SESSION"] = order["session"]
        import hook  # finds the other native modules  # noqa: F401
    sys.path[:] = order["paths"] + (sys.path[1:] if order["adds"] else [])
    if order["folder"] is not None:
        os.chdir(order["folder"])
    function = load(order)
    calls = makers(order)
    plan, path = None, order["plan"]
    if os.path.exists(path):
        with open(path, "rb") as file:
            plan = pickle.load(file)
    difference = None
    if plan is None:
        found = try_all(function, calls, None)
        plan = plan_of(function, calls, found)
        with open(path, "wb") as file:
            pickle.dump(plan, file, 4)
    elif order["compares"]:
        found = try_all(function, calls, len(plan["found"]))
        difference = compare(found, plan["found"])
    samples = time_all(function, calls, plan)
    return {"samples": samples, "difference": difference,
            "given": len(calls), "taken": len(plan["found"]),
            "timed": len(plan["timed"]), "is_fresh": plan["is_fresh"],
            "raised": first_words(plan["found"], "raises"),
            "lost": first_words(plan["found"], "lost")}


def main():
    with open(sys.argv[2], encoding="utf-8",
              errors="surrogateescape") as file:
        order = json.load(file)
    try:
        answer = run(order)
    except Refusal as refusal:
        answer = refusal.answer
    except Exception as error:
        # a call that raises here and nowhere else
        answer = {"error": "raises", "text": words_of(error)}
    with os.fdopen(int(sys.argv[1]), "w") as out:
        json.dump(answer, out)


if __name__ == "__main__":
    main()
