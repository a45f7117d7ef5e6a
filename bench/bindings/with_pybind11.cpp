/* The five functions under pybind11, as its documentation has it. */
#include <pybind11/pybind11.h>

namespace py = pybind11;

struct point {
    double x;
    double y;
};

static double
mean(const py::buffer &values)
{
    py::buffer_info view = values.request();
    if (view.ndim != 1 || view.format != py::format_descriptor<double>::format()
        || view.strides[0] != (py::ssize_t)sizeof(double))
    {
        throw py::type_error("a contiguous buffer of doubles is wanted");
    }
    const double *at = static_cast<const double *>(view.ptr);
    double sum = 0.0;
    for (py::ssize_t i = 0; i < view.size; i++) {
        sum += at[i];
    }
    return view.size > 0 ? sum / (double)view.size : 0.0;
}

PYBIND11_MODULE(with_pybind11, m)
{
    py::class_<point>(m, "point")
        .def(py::init([](double x, double y) { return point{x, y}; }),
             py::arg("x"), py::arg("y"))
        .def_readwrite("x", &point::x)
        .def_readwrite("y", &point::y);
    m.def("next", [](int n) { return n + 1; }, py::arg("n"));
    m.def("product", [](double a, double b) { return a * b; }, py::arg("a"),
          py::arg("b"));
    m.def("tail",
          [](const char *text) { return text[0] ? text + 1 : text; },
          py::arg("text"));
    m.def("mean", &mean, py::arg("values"));
    m.def("turned", [](point p) { return point{-p.y, p.x}; }, py::arg("p"));
}
