"""Arrays of structs to numpy and back; run where numpy is."""
import numpy as np

import values as m
from hostile import raises


def views_of_ours():
    points = m.Point.array(3)
    view = np.asarray(points)
    assert view.dtype == np.dtype([("x", "f8"), ("y", "f8")])
    view["x"] = [1, 2, 3]
    points[0].y = 9
    assert points[2].x == 3 and view["y"][0] == 9
    line = np.asarray(m.Line(m.Point(1, 2), mode=m.ON, name="abc"))
    assert line.shape == () and line["name"] == b"abc" and line["mode"] == 3
    assert line.dtype.itemsize == 48 and line["from_"]["y"] == 2
    everything = m.all(l=-5, ld=1.5, b=True)
    assert np.asarray(everything)["l"] == -5
    assert np.asarray(everything)["ld"] == 1.5
    table = m.table([1, 2, 3])
    np.asarray(table)["cells"][1] = 20
    assert np.asarray(table.cells).tolist() == [1, 20, 3]
    pixels = np.asarray(m.pixel.array([m.pixel(1, depth=-2)]))
    assert pixels["depth"][0] == -2 and pixels.dtype.itemsize == 6


def arrays_of_numpys():
    points = np.ones(3, dtype=[("x", "f8"), ("y", "f8")])
    assert m.sum(points) == 6 and m.scale(points, 3) is None
    assert points["y"].tolist() == [3, 3, 3]
    assert m.turned(points[0]) == m.Point(-3, 3) and m.length(points[:1]) == 18
    point = np.dtype([("x", "f8"), ("y", "f8")], align=True)
    aligned = np.dtype([("cells", "i4", 3), ("corners", point, 2),
                        ("modes", "u4", 2)], align=True)
    doubled = m.doubled(np.ones(1, aligned))
    assert doubled.cells.tolist() == [2, 2, 2]
    assert doubled.corners[0] == m.Point(1, 1)
    packed = np.dtype({"names": ["red", "green", "blue", "is_lit", "depth"],
                       "formats": ["u1", "u1", "u1", "?", "i2"],
                       "offsets": [0, 1, 2, 3, 4], "itemsize": 6})
    assert m.invert(np.zeros(1, packed)) == m.pixel(255, 0, 0, True, 0)
    line = np.zeros((), np.asarray(m.Line()).dtype)
    line["name"] = b"xyz"
    assert m.reversed(line).name == "rxyz"


def what_is_another_struct_is_refused():
    for wrong in ([("y", "f8"), ("x", "f8")], [("x", "f4"), ("y", "f8")],
                  [("x", ">f8"), ("y", "f8")], [("x", "f8"), ("y", "i8")],
                  [("x", "f8"), ("y", "f8"), ("z", "f8")], [("x", "f8", 2)],
                  "f8", "u1", [("x", "f8"), ("z", "f8")],
                  {"names": ["x", "y"], "formats": ["f8", "f8"],
                   "offsets": [0, 16], "itemsize": 24},
                  {"names": ["x", "y"], "formats": ["f8", "f8"],
                   "offsets": [0, 8], "itemsize": 32}):
        raises(TypeError, "sum() argument 'points' has items of format '",
               m.sum, np.zeros(2, wrong))
    points = np.ones(4, dtype=[("x", "f8"), ("y", "f8")])
    raises(BufferError, "is not C-contiguous", m.sum, points[::2])
    points.flags.writeable = False
    raises(BufferError, "is read-only", m.scale, points, 1)
    raises(ValueError, "must hold one item", m.turned, points)
    raw = np.zeros(65, "u1")[1:].view([("x", "f8"), ("y", "f8")])
    raises(BufferError, "does not lie aligned", m.sum, raw)


for claim in (views_of_ours, arrays_of_numpys,
              what_is_another_struct_is_refused):
    claim()
