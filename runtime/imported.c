/* imported: see imported.h. */
#include "pyabi.h"

#include "imported.h"

#include <string.h>
#include <sys/stat.h>

#include "guard.h"

static const char *
base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Names are compared first: there are thousands of modules, and few files of
 * one name. */
static bool
is_same_file(const char *one, const char *other)
{
    struct stat a;
    struct stat b;
    return strcmp(base_of(one), base_of(other)) == 0 && stat(one, &a) == 0
           && stat(other, &b) == 0 && a.st_dev == b.st_dev
           && a.st_ino == b.st_ino;
}

/* A module may be anything that somebody has put into sys.modules; only a
 * real one's dictionary is looked at, which runs no code. */
static const char *
file_of(PyObject *module)
{
    if (!PyModule_Check(module)) {
        return NULL;
    }
    PyObject *file
        = PyDict_GetItemString(PyModule_GetDict(module), "__file__");
    return file != NULL && PyUnicode_Check(file) ? PyUnicode_AsUTF8(file)
                                                 : NULL;
}

static bool
is_module_of(PyObject *modules, const char *path)
{
    Py_ssize_t at = 0;
    PyObject *name;
    PyObject *module;
    while (PyDict_Next(modules, &at, &name, &module)) {
        const char *file = file_of(module);
        if (file != NULL && is_same_file(file, path)) {
            return true;
        }
    }
    return false;
}

/* "pkg/name.py" could be what `import pkg.name` looked for, and
 * "name/__init__.py" what `import name` did. */
static bool
could_be(const char *asked, const char *path)
{
    const char *dot = strrchr(asked, '.');
    const char *last = dot == NULL ? asked : dot + 1;
    const char *base = base_of(path);
    size_t len = strlen(base) > 3 ? strlen(base) - 3 : 0; /* ".py" */
    if (strcmp(base, "__init__.py") == 0) {
        len = 0;
        while (base > path + 1 && base[-2] != '/') {
            base--;
            len++;
        }
        base--;
    }
    return strlen(last) == len && strncmp(last, base, len) == 0;
}

/* An import that failed has left nothing in sys.modules; our finder was asked
 * for it all the same. */
static bool
was_looked_for(PyObject *modules, PyObject *asked, const char *path)
{
    PyObject *names = PySequence_List(asked);
    bool is_one = names == NULL;
    for (Py_ssize_t i = 0; !is_one && i < PyList_GET_SIZE(names); i++) {
        PyObject *name = PyList_GET_ITEM(names, i);
        const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8(name)
                                                 : NULL;
        is_one = text != NULL && could_be(text, path)
                 && PyDict_GetItem(modules, name) == NULL;
    }
    Py_XDECREF(names);
    return is_one;
}

/* What our finder on sys.meta_path remembers; NULL: it is not there. */
static PyObject *
asked_names(void)
{
    PyObject *finders = PySys_GetObject("meta_path"); /* borrowed */
    PyObject *found = NULL;
    for (Py_ssize_t i = 0; finders != NULL && PyList_Check(finders)
                           && found == NULL
                           && i < PyList_GET_SIZE(finders); i++)
    {
        PyObject *finder = PyList_GET_ITEM(finders, i);
        if (strcmp(Py_TYPE(finder)->tp_name, "Finder") == 0) {
            found = PyObject_GetAttrString(finder, "asked");
            PyErr_Clear();
        }
    }
    return found;
}

bool
imported_any(char *const *paths, size_t count)
{
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed */
    PyObject *asked = asked_names();
    bool is_any = asked == NULL || !PyDict_Check(modules);
    for (size_t i = 0; !is_any && i < count; i++) {
        is_any = is_module_of(modules, paths[i])
                 || was_looked_for(modules, asked, paths[i]);
    }
    Py_XDECREF(asked);
    PyErr_Clear();
    return is_any;
}
