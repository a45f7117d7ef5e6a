"""What each template must do, run inside the Python it was compiled for:

    claims.py TEMPLATE MODULE.so

It ends with 0 and no word when all of it holds.
"""
import array
import gc
import importlib.machinery
import importlib.util
import json
import os
import sys
import tempfile
import threading
import tracemalloc
import zlib

NAME = "pkg._fast"


def load(path):
    loader = importlib.machinery.ExtensionFileLoader(NAME, path)
    spec = importlib.util.spec_from_file_location(NAME, path, loader=loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    assert module.__name__ == NAME and module.__doc__
    return module


def raises(kind, words, function, *args):
    try:
        function(*args)
    except kind as error:
        assert type(error) is kind, type(error)
        assert words in str(error), str(error)
        return
    raise AssertionError("%r did not raise %s" % (function, kind))


class Unfloatable:
    def __float__(self):
        raise RuntimeError("no float today")


def raw(m):
    assert m.total([1, 2.5]) == 3.5
    assert m.total([]) == 0.0 and m.total((-1.0, -1)) == -2.0
    assert m.total(iter([1, 2])) == 3.0
    raises(TypeError, "not iterable", m.total, 3)
    raises(TypeError, "must be real number, not str", m.total, [1, "x"])
    raises(RuntimeError, "no float today", m.total, [Unfloatable()])
    raises(OverflowError, "too large", m.total, [10 ** 400])


def state(m):
    name = "page-%d" % os.getpid()
    raises(KeyError, "no hits for '%s' yet" % name, m.hits, name)
    assert [m.hit(name), m.hit(name), m.hits(name)] == [1, 2, 2]
    for i in range(300):
        assert m.hit("%s-%d" % (name, i)) == 1
    assert m.hits(name) == 2 and m.hits(name + "-299") == 1
    raises(TypeError, "hit() argument 'name' must be a str, not int: 3",
           m.hit, 3)
    raises(TypeError, "hits() argument 'name' must be a str, not list",
           m.hits, [])


def plain(m):
    assert m.total(array.array("d", [1, 2.5])) == 3.5
    raises(TypeError, "total() argument 'values'", m.total, [1.0])


def handle(m):
    with m.average_new("latency") as a:
        raises(ValueError, "'latency' is without values", m.average_mean, a)
        assert [m.average_add(a, 3), m.average_add(a, 4)] == [3.0, 3.5]
        assert m.average_mean(a) == 3.5 and type(a) is m.average
    raises(ValueError, "average_mean() argument 'a'", m.average_mean, a)
    b = m.average_new("x")
    m.average_free(b)
    raises(ValueError, "", m.average_add, b, 1)
    raises(TypeError, "must be a float, not str", m.average_add,
           m.average_new("y"), "z")
    raises(TypeError, "", m.average_add, 3, 1.0)


def type_(m):
    a = m.Average(label="latency")
    raises(ValueError, "without values", lambda: a.mean)
    assert [a.add(3), a.add(4), a.mean, a.count] == [3.0, 3.5, 3.5, 2]
    assert a.label == "latency" and repr(a) == "Average('latency', count=2)"
    assert a.reset() is None and a.count == 0
    raises(TypeError, "must be real number, not str", a.add, "x")
    raises(TypeError, "", m.Average)
    raises(AttributeError, "readonly", setattr, a, "label", 3)
    raises(AttributeError, "not writable" if sys.version_info < (3, 11)
           else "", setattr, a, "mean", 3)

    class Child(m.Average):
        pass

    child = Child("x")
    child.me = child
    label = [child]  # a ring through the C struct's own field
    holder = m.Average(label)
    label.append(holder)
    import weakref
    gone = weakref.ref(child)
    del child, label, holder
    gc.collect()
    assert gone() is None
    assert m.Average.__module__ == NAME


def buffer(m):
    prices = array.array("d", [1, 2, 3])
    assert m.total(prices) == 6.0
    assert m.scale(prices, 1.5) is None and list(prices) == [1.5, 3.0, 4.5]
    assert m.total(array.array("d")) == 0.0
    assert m.total(memoryview(prices)[1:]) == 7.5
    raises(TypeError, "total() argument 'values'", m.total, [1.0])
    raises(TypeError, "total() argument 'values'", m.total,
           array.array("i", [1]))
    raises(TypeError, "total() argument 'values'", m.total, b"12345678")
    raises(BufferError, "contiguous", m.total, memoryview(prices)[::2])
    read_only = memoryview(bytes(prices)).cast("d")
    assert m.total(read_only) == 9.0
    raises(BufferError, "", m.scale, read_only, 2)
    raises(TypeError, "must be a float, not str", m.scale, prices, "x")
    raises(TypeError, "scale() lacks its argument 'factor'", m.scale, prices)
    room = memoryview(bytearray(24))[1:17]
    raises(BufferError, "aligned", m.total, room.cast("B").cast("d"))
    prices.append(1.0)  # nobody holds the buffer any more


def serializer(m):
    def model(symbol, bids, asks):
        book = {"symbol": symbol,
                "bids": [[float(p), float(s)] for p, s in bids],
                "asks": [[float(p), float(s)] for p, s in asks]}
        return json.dumps(book, ensure_ascii=False,
                          separators=(",", ":")).encode()

    def levels(pairs):
        return m.level.array([m.level(*pair) for pair in pairs])

    everything = "".join(map(chr, range(256))) + "\u20ac\U0001f600"
    some = [(i / 7, 10.0 ** (i % 40 - 20)) for i in range(3000)]
    edges = [(1e308, -0.0), (5e-324, 1e16), (1e15, 123456789012345678.0),
             (0.0001, 0.00001), (-1.5, 2.2250738585072014e-308),
             (9007199254740993.0, 0.1 + 0.2), (1e22, 1e23), (0.0, 4.35)]
    for book in (("BTC-EUR", [(100.5, 2)], [(101, 0.5)]),
                 (everything, [], []), ("", some, some[::-1]),
                 ("x", edges, [])):
        symbol, bids, asks = book
        assert m.dump_book(symbol, levels(bids), levels(asks)) == model(*book)
    raises(TypeError, "dump_book() lacks its argument 'asks'", m.dump_book,
           "x", levels([]))
    raises(TypeError, "dump_book() argument 'symbol' must be a str, not "
           "bytes", m.dump_book, b"x", levels([]), levels([]))
    raises(ValueError, "surrogate", m.dump_book, "\ud800", levels([]),
           levels([]))
    for bad in ("nan", "inf", "-inf"):
        raises(ValueError, "%s is no number for JSON" % bad, m.dump_book, "x",
               levels([(1, 2), (float(bad), 1)]), levels([]))
    raises(TypeError, "dump_book() argument 'bids'", m.dump_book, "x",
           [(1, 2)], levels([]))
    raises(TypeError, "dump_book() argument 'asks'", m.dump_book, "x",
           levels([]), array.array("d", [1, 2]))
    raises(TypeError, "must be a float, not str", m.level, "1", 2)


def blocking(m):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "data")
        data = bytes(range(256)) * 400 + b"end"
        with open(path, "wb") as file:
            file.write(data)
        assert m.checksum(path) == zlib.adler32(data)
        raises(FileNotFoundError, "absent", m.checksum, path + "absent")
        raises(IsADirectoryError, folder, m.checksum, folder)
        raises(ValueError, "has a NUL character", m.checksum, "a\0b")
        raises(TypeError, "", m.checksum, 3.5)
        pipe = os.path.join(folder, "pipe")
        os.mkfifo(pipe)
        results = []
        reader = threading.Thread(
            target=lambda: results.append(m.checksum(pipe)))
        reader.start()
        # With the GIL held in checksum(), this line would never be over.
        with open(pipe, "wb") as file:
            file.write(b"written by another thread")
        reader.join()
        assert results == [zlib.adler32(b"written by another thread")]


def exercise(template, m, fixture):
    """One round of calls, good and bad, for the leak claim."""
    def quietly(function, *args):
        try:
            return function(*args)
        except Exception:
            return None

    if template == "raw":
        m.total(fixture["numbers"])
        quietly(m.total, fixture["mixed"])
    elif template == "state":
        m.hit(fixture["name"])
        m.hits(fixture["name"])
        quietly(m.hits, "nobody")
        quietly(m.hit, fixture["numbers"])
    elif template == "plain":
        m.total(fixture["array"])
        quietly(m.total, b"x")
    elif template == "handle":
        average = m.average_new(fixture["name"])
        quietly(m.average_mean, average)
        m.average_add(average, 1.5)
        quietly(m.average_add, average, fixture["name"])
        with m.average_new(fixture["name"]):
            pass
    elif template == "type":
        average = m.Average(fixture["name"])
        quietly(getattr, average, "mean")
        average.add(1.5)
        quietly(average.add, fixture["name"])
        average.mean, average.label, average.count, repr(average)
        quietly(m.Average)
    elif template == "buffer":
        m.total(fixture["array"])
        m.scale(fixture["array"], 1.0)
        quietly(m.total, b"x")
        quietly(m.scale, fixture["frozen"], 2.0)
    elif template == "serializer":
        book = m.level.array([m.level(*fixture["numbers"])])
        m.dump_book(fixture["name"], book, book)
        quietly(m.level, *fixture["mixed"])
        quietly(m.dump_book, fixture["name"], book, fixture["array"])
        book[0].size = float("nan")
        quietly(m.dump_book, fixture["name"], book, book)
    else:
        m.checksum(__file__)
        quietly(m.checksum, fixture["name"])


def nothing_leaks(template, m):
    fixture = {
        "name": "".join(["leak", "name"]),
        "numbers": [float("1.5"), float("2.5")],
        "mixed": [float("3.5"), "x"], "array": array.array("d", [1.0, 2.0]),
        "frozen": memoryview(bytes(16)).cast("d"),
    }
    rounds = 5000  # of at least two calls each
    for _ in range(200):
        exercise(template, m, fixture)

    def measure():
        gc.collect()
        counts = {name: sys.getrefcount(item)
                  for name, item in fixture.items()}
        for name in ("numbers", "mixed"):
            counts[name + "[0]"] = sys.getrefcount(fixture[name][0])
        return (tracemalloc.get_traced_memory()[0],
                len(os.listdir("/proc/self/fd")), counts)

    tracemalloc.start()
    exercise(template, m, fixture)
    memory, files, counts = measure()
    for _ in range(rounds):
        exercise(template, m, fixture)
    memory_after, files_after, counts_after = measure()
    tracemalloc.stop()
    # one byte a round would show; tracemalloc's own noise is far smaller
    assert memory_after - memory < rounds, memory_after - memory
    assert files_after == files and counts_after == counts


def main():
    template, path = sys.argv[1:]
    claims = {"raw": raw, "state": state, "type": type_, "plain": plain,
              "buffer": buffer, "serializer": serializer,
              "blocking": blocking, "handle": handle}
    module = load(path)
    claims[template](module)
    nothing_leaks(template, module)


main()
