// cppimport
#include "shift.h"
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <vector>

// The line that an edit changes.
enum { VALUE = 1000 };

int value() { return VALUE + SHIFT; }

long add(long a, long b) { return a + b; }

double total(const std::vector<double> &numbers) {
    double sum = 0;
    for (double one : numbers) {
        sum += one;
    }
    return sum;
}

PYBIND11_MODULE(hot, m) {
    m.def("value", &value);
    m.def("add", &add);
    m.def("total", &total);
}

/*
<%
setup_pybind11(cfg)
%>
*/
