"""examples/heat_numpy: what its README promises."""
import re
import shutil
import subprocess

from served import EXAMPLES, Served

PORT = {"PORT": "0"}


def mean(words):
    return float(re.match(r"mean ([\d.]+), pid \d+\n", words).group(1))


def test_the_kernel_changes_and_the_plate_keeps_its_heat(
        program, framework_python, tmp_path):
    with Served(program, tmp_path, "heat_numpy", python=framework_python,
                env=PORT) as live:
        live.listen()
        assert "the same: True" in live.ask("/compare")
        first = mean(live.ask("/step/50"))
        assert mean(live.ask("/step/50")) > first > 0
        live.edit("heat.c", "rate = 0.2;", "rate = 0.0;")
        live.event("swap", module="heat")
        still = mean(live.ask("/step/1"))
        assert still > first and mean(live.ask("/step/50")) == still
        assert "the same: False" in live.ask("/compare")
        live.end_cleanly()


def test_shapes_that_do_not_fit_are_refused_by_name(framework_python, program,
                                                    tmp_path):
    app = ("import numpy as n, heat\n"
           "for a, b in ((n.zeros((2, 3)), n.zeros((3, 2))),\n"
           "             (n.zeros((2, 3)), n.zeros((2, 3), 'f4')),\n"
           "             (n.zeros((4, 6))[::2, ::2], n.zeros((2, 3)))):\n"
           "    try:\n"
           "        heat.step(a, b)\n"
           "    except (ValueError, TypeError, BufferError) as e:\n"
           "        print(type(e).__name__, e)\n")
    shutil.copy(EXAMPLES / "heat_numpy" / "heat.c", tmp_path)
    (tmp_path / "shapes.py").write_text(app)
    done = subprocess.run(
        [program, "run", "-q", "--python=" + framework_python, "shapes.py"],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True, timeout=120)
    one, two, three = done.stdout.splitlines()
    assert one == ("ValueError step() arguments 'now' and 'after' must have "
                   "one shape: (2, 3) and (3, 2)")
    assert two.startswith("TypeError step() argument 'after'")
    assert three.startswith("BufferError step() argument 'now'")
