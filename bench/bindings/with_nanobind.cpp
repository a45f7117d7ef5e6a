/* The five functions under nanobind, as its documentation has it. */
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

namespace nb = nanobind;

struct point {
    double x;
    double y;
};

NB_MODULE(with_nanobind, m)
{
    nb::class_<point>(m, "point")
        .def(nb::init<double, double>(), nb::arg("x"), nb::arg("y"))
        .def_rw("x", &point::x)
        .def_rw("y", &point::y);
    m.def("next", [](int n) { return n + 1; }, nb::arg("n"));
    m.def("product", [](double a, double b) { return a * b; }, nb::arg("a"),
          nb::arg("b"));
    m.def("tail",
          [](const char *text) { return text[0] ? text + 1 : text; },
          nb::arg("text"));
    m.def("mean",
          [](nb::ndarray<const double, nb::ndim<1>, nb::c_contig> values) {
              double sum = 0.0;
              size_t n = values.size();
              const double *at = values.data();
              for (size_t i = 0; i < n; i++) {
                  sum += at[i];
              }
              return n > 0 ? sum / (double)n : 0.0;
          },
          nb::arg("values"));
    m.def("turned", [](point p) { return point{-p.y, p.x}; }, nb::arg("p"));
}
