//! The five functions under PyO3, as its documentation has it.
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

#[pyclass(get_all, set_all, from_py_object)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
struct point {
    x: f64,
    y: f64,
}

#[pymethods]
impl point {
    #[new]
    fn new(x: f64, y: f64) -> Self {
        point { x, y }
    }
}

#[pyfunction]
fn next(n: i32) -> i32 {
    n.wrapping_add(1)
}

#[pyfunction]
fn product(a: f64, b: f64) -> f64 {
    a * b
}

#[pyfunction]
fn tail(text: &str) -> &str {
    text.get(1..).unwrap_or(text)
}

#[pyfunction]
fn mean(py: Python<'_>, values: PyBuffer<f64>) -> PyResult<f64> {
    let items = values
        .as_slice(py)
        .ok_or_else(|| PyTypeError::new_err("contiguous doubles are wanted"))?;
    let sum: f64 = items.iter().map(|one| one.get()).sum();
    Ok(if items.is_empty() { 0.0 } else { sum / items.len() as f64 })
}

#[pyfunction]
fn turned(p: point) -> point {
    point { x: -p.y, y: p.x }
}

#[pymodule]
fn with_pyo3(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<point>()?;
    m.add_function(wrap_pyfunction!(next, m)?)?;
    m.add_function(wrap_pyfunction!(product, m)?)?;
    m.add_function(wrap_pyfunction!(tail, m)?)?;
    m.add_function(wrap_pyfunction!(mean, m)?)?;
    m.add_function(wrap_pyfunction!(turned, m)?)?;
    Ok(())
}
