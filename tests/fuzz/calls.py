"""Run as the app of a `cowbird run`: calls every function of fuzzed.c with
values that suit it and with values that do not.

    calls.py SEED CALLS [LAST]

A call answers or raises what the manual names; nothing that was given is held
afterwards. Ends with 0 and no word when that holds. Before each call its
number is written to the file `last`; with LAST the calls before that number
are made silently and that one is shown, so that a crash can be looked at.
"""
import array
import ctypes
import gc
import json
import math
import mmap
import random
import sys

import fuzzed as m

sys.setrecursionlimit(400)


class Evil(Exception):
    """Raised by values; nobody else raises it."""


DOCUMENTED = (TypeError, ValueError, OverflowError, BufferError, OSError,
              LookupError, MemoryError)


class Value:
    """Its methods do what `what` says: raise, answer nonsense, call the
    module again, change what else was given."""

    depth = 0

    def __init__(self, what):
        self.what = what

    def act(self, nonsense, good):
        if self.what == "raise":
            raise Evil("mine")
        if self.what == "nonsense":
            return nonsense
        if self.what == "grow":
            for room in rooms:
                try:
                    room.append(0)
                except BufferError:
                    pass
        if self.what == "again" and Value.depth < 3:
            Value.depth += 1
            try:
                one_call(deep)
            finally:
                Value.depth -= 1
        if self.what == "deep":
            return self.act(nonsense, good)
        return good

    def __index__(self):
        return self.act("nonsense", 3)

    def __float__(self):
        return self.act(b"nonsense", 2.5)

    def __complex__(self):
        return self.act([], 2j)

    def __bool__(self):
        return self.act(5, True)

    def __len__(self):
        return self.act(-1, 3)

    def __getitem__(self, at):
        return self.act(None, 1)

    def __buffer__(self, flags):  # from 3.12 on
        return self.act("nonsense", memoryview(b"12345678"))

    def __release_buffer__(self, view):
        self.act(None, None)

    def __repr__(self):
        raise Evil("no repr")

    __str__ = __repr__

    def __eq__(self, other):
        raise Evil("no ==")

    def __hash__(self):
        return 7


class Word(str):
    """As a keyword it is what it says, whatever its methods do."""

    def __eq__(self, other):
        raise Evil("no ==")

    def __hash__(self):
        return str.__hash__(self)


class Int(int):
    def __index__(self):
        raise Evil("no index")

    __float__ = __int__ = __index__


class Float(float):
    def __float__(self):
        raise Evil("no float")


class Bytes(bytes):
    pass


class Pair(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int8), ("y", ctypes.c_double)]


def released():
    view = memoryview(b"gone")
    view.release()
    return view


rooms = [bytearray(8), bytearray(b"x" * 300), array.array("d", [1.5] * 3),
         array.array("i", range(9))]
wide = memoryview(bytearray(48))
shut = m.store_new(1)
shut.close()
hostile = [
    None, True, False, ..., 0, -1, 1, 127, 128, 255, 256, -129, 2 ** 15,
    2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 63 - 1, 2 ** 63, 2 ** 64,
    -2 ** 31 - 1, -2 ** 63, -2 ** 63 - 1, 10 ** 400, -10 ** 4000, 0.0, -0.0,
    1.5, 1e308, 1e39, -1e-320, math.nan, math.inf, -math.inf, 1j,
    complex(math.nan, math.inf), 1e300j, "", "a", "1", "\0", "a\0b", "w\xf6rd",
    "\U0001f426", "\ud800", "ok\udcff", "x" * 70, "x" * 5000, b"", b"a",
    b"a\0", b"\xff" * 9, b"x" * 5000, Bytes(b"sub"), Word("word"), Int(5),
    Float(1.5), [], [1.0, 2.0], (), (1,), {}, {"a": 1}, set(), range(3),
    iter([1]), m, m.balance, int, type("w\xf6rd", (), {})(),
    type("x" * 3000, (), {})(), len, lambda: 1, object(), NotImplemented,
    *rooms, wide, wide.toreadonly(), wide[::2], wide[::-1], wide[1:9],
    wide[:0], released(), memoryview(b"12345678"), memoryview(b"r")[0:0],
    wide.cast("B", [6, 8]), wide.cast("d", [2, 3]), wide.cast("i", [3, 4]),
    wide.cast("h", [2, 3, 4]), wide.cast("q"), wide.cast("f"),
    wide[:1].cast("B", []), wide[1:41].cast("d"), wide.cast("?"),
    (ctypes.c_double * 3)(1, 2, 3), (ctypes.c_int16 * 0)(), Pair(1, 2),
    (Pair * 2)(), ((ctypes.c_uint8 * 3) * 2)(), ctypes.c_int(5),
    *(array.array(code, [1] * 5) for code in "bBhHiIlLqQfd"),
    m.store_new(0), m.store_new(255), shut, m.store, m.level, m.level.HIGH,
    *(Value(what) for what in ("raise", "nonsense", "grow", "again", "deep",
                               "answer")),
]
stores = [value for value in hostile if type(value) is m.store]
NUMBERS = {"int8_t": 8, "uint8_t": 0, "int16_t": 16, "uint16_t": 0,
           "int32_t": 32, "uint32_t": 0, "int64_t": 64, "uint64_t": 0,
           "char": 8, "long long": 64, "enum level": 8}


def print_nothing(a, b=1, *, c=2):
    return "x" * 500


def raising(*args):
    raise Evil("called")


def calling(*args):
    if Value.depth < 3:
        Value.depth += 1
        try:
            one_call(deep)
        finally:
            Value.depth -= 1
    return 1


callbacks = [lambda *args: 1, lambda *args: 2.5, lambda *args: "answer",
             lambda *args: None, lambda *args: 10 ** 30, lambda: 1, raising,
             lambda *args: "\udc80", lambda *args: Value("raise"), calling,
             lambda *args: Value("nonsense"), print_nothing, Value, int, str]


def shaped(chance, item, size, is_matrix, writes):
    """A buffer of `size` items (of as many rows, 2 columns)."""
    code = item or "B"
    count = size * 2 if is_matrix else size
    data = bytearray(chance.randbytes(array.array(code).itemsize * count)
                     if hasattr(chance, "randbytes") else
                     array.array(code).itemsize * count)
    if is_matrix and count > 0:
        view = memoryview(data).cast(code, [size, 2])
    else:
        view = memoryview(data).cast(code)
    return view if writes or chance.random() < 0.5 else view.toreadonly()


def suited(chance, row, size):
    """A value that the parameter takes."""
    _, kind, item, optional = row
    if optional == "None" and chance.random() < 0.2:
        return None
    if kind in NUMBERS:
        return chance.choice([0, 1, True, 100, *([-1, -100]
                                                 if NUMBERS[kind] else [])])
    if kind == "bool":
        return chance.choice(hostile[:30])
    if kind in ("float", "double", "long double"):
        return chance.choice([0, 1.5, -1e30, math.inf, math.nan, True])
    if kind.endswith("_Complex"):
        return chance.choice([0, 1.5, -1e30j, complex(math.inf, math.nan)])
    if kind == "callback":
        return chance.choice(callbacks)
    if kind == "store":
        return chance.choice([m.store_new(5), *stores])
    if kind == "text":
        return chance.choice(["", "a", "w\xf6rd", "x" * 300])
    if kind == "str":
        return chance.choice(["", "a\0b", "w\xf6rd\0", "x" * 300])
    if kind == "bytes":
        return chance.choice([b"", b"a\0b", bytearray(9), rooms[2], wide])
    if kind == "chars":
        return chance.choice([b"", "a\0b", bytearray(9), b"x" * 200])
    return shaped(chance, item, size, kind.startswith("matrix"),
                  kind.endswith("!"))


def arguments(chance, rows):
    """By place and by name; mostly with one thing wrong, or nothing."""
    size = chance.choice([0, 1, 3, 100, 200])
    values = [suited(chance, row, size) for row in rows]
    wrongs = chance.choice([0, 0, 1, 1, 1, len(rows)])
    for at in chance.sample(range(len(rows)), min(wrongs, len(rows))):
        values[at] = chance.choice(hostile)
    by_place = chance.choice([len(values), len(values), len(values),
                              chance.randint(0, len(values))])
    named = {}
    for row, value in zip(rows[by_place:], values[by_place:]):
        name = row[0] + ("_" if row[0] in ("from", "class", "in") else "")
        if not row[3] or chance.random() < 0.6:
            named[Word(name) if chance.random() < 0.1 else name] = value
    values = values[:by_place]
    how = chance.random()
    if how < 0.05:
        values += chance.choices(hostile, k=chance.choice([1, 2, 300]))
    elif how < 0.1 and values:
        values.pop()
    elif how < 0.17:
        try:
            named[chance.choice(["unknown", "", "\udc80", "a0\0", "a" * 999,
                                 "a0", "a1", Word("a1")])] = 1
        except Evil:
            pass  # the dict asked whether it equals what is there
    return values, named


def one_call(chance):
    name, rows = chance.choice(functions)
    values, named = arguments(chance, rows)
    if shown:
        show(name, values, named)
    try:
        getattr(m, name)(*values, **named)
    except (Evil, RecursionError):
        pass
    except DOCUMENTED as error:
        if Value.depth == 0:
            check(name, error, values, named)
    return name


def show(name, values, named):
    def words(value):
        text = object.__repr__(value) if isinstance(
            value, (Value, Word, Int, Float)) else repr(value)
        return text[:80]
    print("%s(%s)" % (name, ", ".join(
        [words(v) for v in values]
        + ["%s=%s" % (ascii(str.__str__(k)), words(v))
           for k, v in named.items()])), file=sys.stderr, flush=True)


def check(name, error, values, named):
    """What is ours names the function; what is a value's own may not."""
    if isinstance(error, (OSError, LookupError, MemoryError)):
        return
    if any(isinstance(v, (Value, Int, Float, memoryview, ctypes.Array,
                          array.array, bytearray))
           or callable(v)
           for v in [*values, *named.values()]):
        return
    assert (name + "()") in str(error) or "arguments" in str(error), (
        name, error)


def references():
    return [sys.getrefcount(value) for value in hostile]


functions = json.load(open("fuzzed.json"))
seed, calls = int(sys.argv[1]), int(sys.argv[2])
last = int(sys.argv[3]) if len(sys.argv) > 3 else 0
shown = False
chance, deep = random.Random(seed), random.Random(seed)
with open("last", "wb") as f:
    f.write(bytes(64))
with open("last", "r+b") as f:
    note = mmap.mmap(f.fileno(), 64)


def rounds(begin, end):
    global shown
    for number in range(begin, end):
        note[:20] = b"%20d" % number
        shown = number == last
        one_call(chance)
        if number % 50 == 0:
            for room in rooms:  # as they were: growing may not go on
                while len(room) > 300:
                    room.pop()


rounds(1, calls // 10)  # caches fill
gc.collect()
before = references()
rounds(calls // 10, calls + 1)
gc.collect()
after = references()
for value, one, two in zip(hostile, before, after):
    if type(value) in (type(None), type(...), bool, int, str, tuple) or (
            isinstance(value, bytes) and len(value) < 2):
        continue  # the interpreter holds them too
    assert abs(one - two) < 20, (type(value), one, two)
for room in rooms:
    room.append(0)  # BufferError: somebody holds it
del stores
hostile = [value for value in hostile if type(value) is not m.store]
assert m.balance() == 0, m.balance()
