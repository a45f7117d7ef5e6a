"""What the module of calls.c must do; claims.py says how it is run."""
import array
import ctypes
import errno
import gc
import inspect
import os
import zlib

import calls as m
from hostile import raises


def faults():
    """Nothing catches them here: the calls are as without the word."""
    x = array.array("d", [3, 4])
    assert m.faults_text(x) == ("text", 4, "other")
    raises(ValueError, "nothing", m.faults_text, array.array("d"))
    x.append(5)  # nobody holds it
    assert m.faults_errno(0) == 7 and m.faults_nothing() is None
    raises(FileNotFoundError, "", m.faults_errno, errno.ENOENT)
    assert issubclass(m.NativeFault, RuntimeError)
    assert m.NativeFault.__module__ == "calls"


def defaults():
    x = array.array("d", [3, 4])
    assert m.scale(x) == 3 and m.scale(x, 2) == 6 and m.scale(by=3, x=x) == 9
    assert m.scale(array.array("d")) == -1
    raises(TypeError, "scale() lacks its argument 'x'", m.scale)
    raises(TypeError, "scale() lacks its argument 'x'", m.scale, by=1)
    raises(TypeError, "scale() takes 1 to 2 arguments, not 3", m.scale, x, 1,
           2)
    raises(TypeError, "scale() was given its argument 'by' twice", m.scale, x,
           1, by=2)
    raises(TypeError, "scale() argument 'by' must be a float, not NoneType",
           m.scale, x, None)
    raises(TypeError, "has no parameter named 'on'", m.scale, x, on=2)
    assert m.say() == "w\xf6rd, (a)" and m.say("b") == "b"
    assert m.say("b", None) == "b" and m.say("b", "c") == "c"
    assert m.say(other="c") == "c"
    raises(TypeError, "say() argument 'text' must be a str, not NoneType",
           m.say, None)
    raises(TypeError, "say() argument 'other' must be a str, not int", m.say,
           "a", 1)
    usual = 20 + 5 + 1 - 2 ** 31 + 120 + 2 ** 20
    assert m.numbers() == usual
    assert m.numbers(c=False, f=0) == usual - 1 - 2 ** 20
    assert m.numbers(0, 0, 0, 0, 0, 0) == 0
    raises(OverflowError, "numbers() argument 'e' is 128", m.numbers, e=128)
    assert m.all_default() is True and m.all_default(5) is False


def optional_buffers():
    x = array.array("d", [3, 4])
    assert m.weigh(x) == m.weigh(x, None) == m.weigh(weights=None, x=x) == 7
    assert m.weigh(x, array.array("d", [10, 1])) == 34
    raises(ValueError, "weigh() arguments 'x' and 'weights' must have as many "
           "items: 2 and 1", m.weigh, x, array.array("d", [1]))
    raises(TypeError, "weigh() argument 'x' must be a buffer of double",
           m.weigh, None)
    raises(TypeError, "weigh() argument 'weights' must be a buffer", m.weigh,
           x, 1)
    grid = memoryview(bytes(24)).cast("i", [2, 3])
    room = bytearray(2)
    assert m.count_cells() == -1 and m.count_cells(grid) == 6
    assert m.count_cells(None, room) == -1 and room == b"yy"
    assert m.count_cells(out=room, grid=grid) == 6
    raises(BufferError, "count_cells() argument 'out' is read-only",
           m.count_cells, None, b"ab")
    x.append(1)  # nobody holds it any more: BufferError otherwise
    room.append(1)


def several_results():
    x = array.array("d", [3, 4, -1])
    assert m.spread(x) == (-1.0, 4.0)
    assert m.spread(array.array("d")) == (0.0, 0.0)
    assert m.divide(17, 5) == m.divide(b=5, a=17) == (3, 2)
    raises(ZeroDivisionError, "17 by 0", m.divide, 17, 0)
    assert m.one(-3) == -3
    assert m.everything(0) == (False, 0, 0, 0.0, 0, None)
    assert m.everything(1) == (True, 120, 2 ** 64 - 1, 0.5, 5, "text")
    raises(ValueError, "everything() returned text that is not UTF-8",
           m.everything, 2)
    x.append(1)


def errno_is_an_oserror():
    def fails(kind, number, f, *args):
        try:
            f(*args)
        except OSError as error:
            assert type(error) is kind, error
            assert error.errno == number, error
            return error
        raise AssertionError((f, args))

    os.close(m.open_file(os.devnull))
    error = fails(FileNotFoundError, errno.ENOENT, m.open_file, "/not/there")
    assert error.strerror == os.strerror(errno.ENOENT)
    assert m.fail_unsigned(False) == 7
    fails(OSError, errno.ENOSPC, m.fail_unsigned, True)
    assert m.fail_text(0) == "fine"
    fails(PermissionError, errno.EACCES, m.fail_text, errno.EACCES)
    raises(OSError, "fail_silently() failed, and errno is 0", m.fail_silently)
    assert m.status(0, errno.EIO) == 5
    fails(PermissionError, errno.EPERM, m.status, errno.EPERM, errno.EIO)
    fails(OSError, errno.EIO, m.status, -3, errno.EIO)
    assert m.status_away(0) is None
    fails(BlockingIOError, errno.EAGAIN, m.status_away, -1)
    fails(FileExistsError, errno.EEXIST, m.raise_errno, errno.EEXIST)
    error = fails(IsADirectoryError, errno.EISDIR, m.raise_errno,
                  errno.EISDIR, "w\xf6rd")
    assert error.filename == "w\xf6rd"
    raises(KeyError, "first", m.raised_first)


def exceptions_of_its_own():
    assert issubclass(m.OwnError, ValueError)
    assert issubclass(m.OtherError, OSError)
    assert repr(m.OwnError) == "<class 'calls.OwnError'>"
    raises(m.OwnError, "own 3", m.raise_own, False)
    raises(m.OtherError, "own 3", m.raise_own, True)


def owned_text():
    assert m.join("a", "w\xf6rd") == "aw\xf6rd"
    assert m.repeat(120, 3, "") == "xxx"
    raises(RuntimeError, "no", m.repeat, 120, 3, "!no")
    raises(ValueError, "text that is not UTF-8", m.repeat, -1, 3, "")
    raises(TypeError, "argument 'error'", m.repeat, 120, 3, None)
    assert m.nothing(array.array("d")) is None
    assert m.name(0) == (False, "first", None)
    assert m.name(1) == (True, "first", "second")
    raises(ValueError, "text that is not UTF-8", m.name, 2)
    assert m.balance() == 0
    assert not hasattr(m, "give_back")


def result_buffers():
    x = m.count_up(5)
    assert type(x) is memoryview and x.format == "d" and not x.readonly
    assert x.tolist() == [0, 1, 2, 3, 4] and x.shape == (5,)
    x[1] = 7
    assert list(x[::-2]) == [4, 2, 0] and bytes(m.count_up(0)) == b""
    assert m.spread(m.count_up(3)) == (0.0, 2.0)
    raises(ValueError, "count_up() gave back a buffer of -1 by 1 items, which "
           "cannot be", m.count_up, -1)
    grid, total = m.table(2)
    assert grid.shape == (2, 3) and grid.strides == (6, 2)
    assert grid.tolist() == [[0, 1, 2], [3, 4, 5]] and total == 15
    assert m.table(0)[0].shape == (0, 3) and m.balance() == 1
    copy, same = bytes(grid), memoryview(grid)
    del grid
    assert m.balance() == 1 and bytes(same) == copy
    del same
    assert m.balance() == 0
    raises(ValueError, "table() gave back a buffer of -1 by 3", m.table, -1)
    seen, one = m.pixels(4, 4)
    assert bytes(seen) == b"\7" * 4 and one == 1
    seen = None
    assert m.balance() == 0
    raises(OSError, os.strerror(errno.ENOMEM), m.pixels, -1, 0)
    raises(ValueError, "cannot be", m.pixels, 4, -4)
    assert m.balance() == 0
    assert m.raw(1) == b"a\0b" and m.raw(0) == b""
    raises(MemoryError, "", m.raw, -1)
    values = m.constants()
    values[0] = 9
    assert values.tolist() == [9, 2.5] and m.constants()[0] == 1.5
    assert m.parts() == b"x\0y"
    floats, text = m.two()
    assert floats.tolist() == [0, 0] and text == b"yyyy"
    assert m.balance() == 0


def views():
    assert m.count_nuls("ab") == 105 and m.count_nuls("\0\xf6", "") == 103
    raises(TypeError, "count_nuls() argument 'text' must be a str, not "
           "bytes", m.count_nuls, b"ab")
    raises(ValueError, "lone surrogate", m.count_nuls, "\ud800")
    for value in (None, "", "a\0b", "w\xf6rd\0", "x" * 100000):
        assert m.same_str(value) == value
    assert m.same_str() is None and m.same_bytes() is None
    for value in (None, b"", b"a\0b", bytearray(b"abc"),
                  memoryview(b"abcdef")[2:4], array.array("d", [1])):
        assert m.same_bytes(value) == (None if value is None
                                       else bytes(value))
    raises(BufferError, "same_bytes() argument 'bytes' is not C-contiguous",
           m.same_bytes, memoryview(b"abcd")[::2])
    raises(TypeError, "same_bytes() argument 'bytes' must be a buffer",
           m.same_bytes, "text")
    raises(ValueError, "bad_str() returned text that is not UTF-8: "
           "b'a\\x00\\xff'", m.bad_str)
    raises(ValueError, "too_long() gave back", m.too_long)
    assert m.double_str("a\0") == ("a\0-a\0", b"a\0-a\0", None)
    assert m.double_str("w\xf6", bytearray(b"\0")) == (
        "w\xf6\0w\xf6", "w\xf6\0w\xf6".encode(), None)
    raises(ValueError, "not UTF-8", m.double_str, "a", b"\xff")
    raises(TypeError, "argument 'between'", m.double_str, "a", 1)
    assert m.balance() == 0
    raises(OverflowError, "beyond() returned a long double that is more than "
           "a float of Python holds", m.beyond)


def looked_at_as_any_exporter_would():
    x = m.table(2)[0].obj
    assert type(x).__name__ == "memory"
    assert bytes(memoryview(x)) == bytes(m.table(2)[0])
    assert len((ctypes.c_char * 12).from_buffer(x)) == 12
    assert zlib.crc32(x) == zlib.crc32(bytes(x))
    empty = m.table(0)[0]
    assert empty.tobytes() == b"" and memoryview(empty.obj).nbytes == 0


def nothing_leaks():
    """10,000 good calls and as many that fail: memory stays."""
    x = array.array("d", [1, 2])

    def rounds(count):
        for _ in range(count):
            m.join("a" * 500, "b" * 500)
            m.count_up(200)
            m.table(50)
            m.name(1)
            m.two()
            m.constants()
            m.raw(1)
            m.double_str("a" * 300)
            m.same_bytes(bytearray(300))
            m.spread(x)
            m.weigh(x, None)
            for f, args in ((m.name, (2,)), (m.count_up, (-1,)),
                            (m.repeat, (120, 500, "!no")),
                            (m.repeat, (-1, 500, "")), (m.table, (-1,)),
                            (m.pixels, (500, -1)), (m.raw, (-1,)),
                            (m.double_str, ("a" * 300, b"\xff")),
                            (m.status, (1, 0)), (m.weigh, (x, x, x)),
                            (m.raise_errno, (2, "path"))):
                try:
                    f(*args)
                except Exception:
                    pass

    def size():
        with open("/proc/self/statm") as f:
            return int(f.read().split()[1])

    rounds(2000)
    gc.collect()
    before = size(), len(gc.get_objects())
    rounds(10000)
    gc.collect()
    assert m.balance() == 0
    assert len(gc.get_objects()) <= before[1] + 10
    more = size() - before[0]
    is_checked = "asan" not in os.environ.get("LD_PRELOAD", "")
    assert more < 512 or not is_checked, "%d pages more" % more


def signatures_show_defaults():
    wanted = {
        "scale": "(x, by=1.0)",
        "weigh": "(x, weights=None)",
        "say": "(text='w\xf6rd, (a)', other=None)",
        "numbers": "(a=20, b=5, c=True, d=-2147483648, e=120, f=1048576)",
        "all_default": "(a=%d, b=inf, c=Ellipsis)" % (2 ** 64 - 1),
        "spread": "(x)",
        "divide": "(a, b)",
        "status": "(code, error)",
        "count_nuls": "(text, other='a\\x00b')",
        "double_str": "(text, between=b'-')",
        "count_up": "(limit)",
        "count_cells": "(grid=None, out=None)",
    }
    for name, signature in wanted.items():
        assert str(inspect.signature(getattr(m, name))) == signature


for claim in (defaults, optional_buffers, several_results,
              errno_is_an_oserror, exceptions_of_its_own,
              owned_text, result_buffers, views,
              looked_at_as_any_exporter_would, nothing_leaks,
              signatures_show_defaults):
    claim()
