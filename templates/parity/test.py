"""Whether @FUNCTION@() of @NAME@.c does what @FUNCTION@() of @FILE@ does.

    cowbird run -- pytest @TEST@    (pip install pytest hypothesis)
    cowbird run @TEST@              without pytest

Both get the same inputs. The first difference is shown with the smallest
input that has it; then how many times as fast the C is.
"""
import sys
@IMPORTS@from copy import deepcopy
from math import isclose
from pathlib import Path
from time import perf_counter

@PACKAGES@from hypothesis import given, settings, strategies as st

sys.path.insert(0, str((Path(__file__).parent / "@ROOT@").resolve()))
from @APP@ import @FUNCTION@ as in_python  # noqa: E402
from @MODULE@ import @FUNCTION@ as in_c  # noqa: E402

# How far apart two floats may be, relatively.
TOLERANCE = 1e-9

# What the arguments are drawn from: narrow it to what your app passes.
ARGUMENTS = {
@STRATEGIES@}


def for_python(@NAMES@):
    return (@PLACES@), {@KEYWORDS@}


def for_c(@NAMES@):
    return (@CONVERTED@), {}


def is_same(one, two):
    if isinstance(one, (list, tuple)) or hasattr(one, "tolist"):
        return len(one) == len(two) and all(map(is_same, one, two))
    if isinstance(one, complex) and isinstance(two, complex):
        return is_same(one.real, two.real) and is_same(one.imag, two.imag)
    if isinstance(one, float) and isinstance(two, (int, float)):
        return (one == two or (one != one and two != two)
                or isclose(one, two, rel_tol=TOLERANCE))
    return one == two


def outcome(function, args, named):
    """What it returned or raised, and its arguments as they are then."""
    try:
        result, error = function(*args, **named), None
    except Exception as raised:
        result, error = None, raised
    return result, error, [*args, *named.values()]


def difference(values):
    """The words for it, or None."""
    args, named = for_python(**deepcopy(values))
    result, error, after = outcome(in_python, args, named)
    c_result, c_error, c_after = outcome(in_c, *for_c(**deepcopy(values)))
    shown = ", ".join(f"{name}={value!r}" for name, value in values.items())
    if type(error) is not type(c_error) or not is_same(result, c_result):
        return (f"@FUNCTION@({shown})\n"
                f"  Python: {result if error is None else repr(error)}\n"
                f"  C:      {c_result if c_error is None else repr(c_error)}")
    if not is_same(after, c_after):
        return (f"@FUNCTION@({shown}) leaves its arguments as\n"
                f"  Python: {after}\n  C:      {c_after}")
    if error is None:
        SEEN.append(values)
    return None


SEEN = []


@settings(max_examples=500, deadline=None)
@given(values=st.fixed_dictionaries(ARGUMENTS))
def test_the_c_does_what_the_python_does(values):
    found = difference(values)
    assert found is None, found


def seconds(function, calls):
    """Of one round through all calls: the best of some."""
    best = float("inf")
    for _ in range(7):
        start = perf_counter()
        for args, named in calls:
            function(*args, **named)
        best = min(best, perf_counter() - start)
    return best


def speed():
    inputs = SEEN[-200:]
    if not inputs:
        return "@FUNCTION@: no input gave a result, so nothing was timed"
    before = seconds(in_python, [for_python(**deepcopy(v)) for v in inputs])
    after = seconds(in_c, [for_c(**deepcopy(v)) for v in inputs])
    return (f"@FUNCTION@: the C is {before / after:.1f} times as fast, "
            f"{after / len(inputs) * 1e6:.2f} instead of "
            f"{before / len(inputs) * 1e6:.2f} us a call")


def test_the_speed_is_shown(capsys):
    with capsys.disabled():
        print(f"\n{speed()}")


if __name__ == "__main__":
    try:
        test_the_c_does_what_the_python_does()
    except AssertionError as error:
        sys.exit(str(error))
    print(f"{len(SEEN)} inputs, no difference\n{speed()}")
