// rustimport:pyo3
use pyo3::prelude::*;

// A single file is built elsewhere: what it includes needs the whole path.
include!("{project}/shift.inc");

// The line that an edit changes.
const VALUE: i64 = 1000;

#[pyfunction]
fn value() -> i64 {
    VALUE + SHIFT
}

#[pyfunction]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[pyfunction]
fn total(numbers: Vec<f64>) -> f64 {
    numbers.iter().sum()
}
