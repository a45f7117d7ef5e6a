"""Case 27: an init that works in the canary and fails in the worker is rolled
back, and the difference is said."""
from live import APP, Live, source


def test_an_init_that_fails_only_in_the_app_is_rolled_back_and_said(
        program, python, project):
    (project / "app.py").write_text(
        "import os; os.environ['AN_APP'] = '1'\n" + APP)
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        live.save("scoring.c", "#include <stdlib.h>\n" + source(2).replace(
            "    return PyModuleDef_Init",
            '    if (getenv("AN_APP") != NULL) {\n'
            '        PyErr_SetString(PyExc_ValueError, "not with this app");\n'
            "        return NULL;\n    }\n    return PyModuleDef_Init"))
        event = live.event("error", module="scoring")
        assert "ValueError: not with this app" in event["reason"]
        live.said("the same init worked in a Python of its own")
        live.said("gen 1 still serves")
        assert live.get("/scoring/answer") == (200, "1")
        live.save("scoring.c", source(3))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "3")
