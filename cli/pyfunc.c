/* pyfunc: see pyfunc.h. */
#include "pyfunc.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mem.h"
#include "opt.h"
#include "path.h"
#include "python.h"
#include "tool.h"

#define READ_MS 20000

/* Prints the function as JSON. ast keeps what the source says and runs none
 * of it; -I -S keep others' code out. */
static const char script[]
    = "import ast, json, sys, textwrap\n"
      "path, name = sys.argv[1:]\n"
      "with open(path, 'rb') as file:\n"
      "    data = file.read()\n"
      "try:\n"
      "    tree = ast.parse(data, path)\n"
      "except (SyntaxError, ValueError) as e:\n"
      "    print(json.dumps({'wrong': getattr(e, 'msg', str(e)),\n"
      "                      'line': getattr(e, 'lineno', None) or 0}))\n"
      "    sys.exit()\n"
      "kinds = (ast.FunctionDef, ast.AsyncFunctionDef)\n"
      "found = [n for n in tree.body if isinstance(n, kinds)]\n"
      "f = next((n for n in reversed(found) if n.name == name), None)\n"
      "if f is None:\n"
      "    print(json.dumps({'there': [n.name for n in found]}))\n"
      "    sys.exit()\n"
      "def text(node):\n"
      "    value = getattr(node, 'value', None)\n"
      "    if isinstance(node, ast.Constant) and isinstance(value, str):\n"
      "        return value\n"
      "    return '' if node is None else ast.unparse(node)\n"
      "def default(node):\n"
      "    if node is None:\n"
      "        return {'kind': 'none'}\n"
      "    out = {'shown': ast.unparse(node), 'kind': 'other'}\n"
      "    try:\n"
      "        value = ast.literal_eval(node)\n"
      "    except ValueError:\n"
      "        return out\n"
      "    for kind, types in (('bool', bool), ('number', (int, float)),\n"
      "                        ('text', str), ('null', type(None))):\n"
      "        if isinstance(value, types):\n"
      "            out.update(kind=kind, value=str(value))\n"
      "            break\n"
      "    return out\n"
      "def one(a, value, how):\n"
      "    return {'name': a.arg, 'annotation': text(a.annotation),\n"
      "            'how': how, 'default': default(value)}\n"
      "a = f.args\n"
      "by_place = a.posonlyargs + a.args\n"
      "values = [None] * (len(by_place) - len(a.defaults)) + a.defaults\n"
      "parameters = [one(p, v, 'place' if p in a.posonlyargs else '')\n"
      "              for p, v in zip(by_place, values)]\n"
      "parameters += [one(p, v, 'name')\n"
      "               for p, v in zip(a.kwonlyargs, a.kw_defaults)]\n"
      "lines = data.decode('utf-8-sig', 'replace').splitlines()\n"
      "body = lines[f.lineno - 1:f.end_lineno]\n"
      "print(json.dumps({\n"
      "    'returns': text(f.returns), 'doc': ast.get_docstring(f) or '',\n"
      "    'line': f.lineno, 'parameters': parameters,\n"
      "    'lines': textwrap.dedent('\\n'.join(body)).split('\\n'),\n"
      "    'async': isinstance(f, ast.AsyncFunctionDef),\n"
      "    'rest': bool(a.vararg or a.kwarg)}))\n";

/* -- the answer ----------------------------------------------------------- */

static char *
text_of(const struct json *j, const char *name)
{
    const char *text = json_get_str(j, name);
    return mem_copy_str(text == NULL ? "" : text);
}

static bool
is_true(const struct json *j, const char *name)
{
    const struct json *value = json_get(j, name);
    return value != NULL && value->type == JSON_BOOL && value->is_true;
}

static int
number_of(const struct json *j, const char *name)
{
    const struct json *value = json_get(j, name);
    return value == NULL || value->type != JSON_NUMBER ? 0
                                                       : atoi(value->text);
}

static enum pydefault_kind
kind_of(const char *word)
{
    static const char *const words[]
        = {"none", "number", "bool", "text", "null"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], word) == 0) {
            return (enum pydefault_kind)i;
        }
    }
    return PYDEFAULT_OTHER;
}

static void
read_parameter(struct pyparam *p, const struct json *j)
{
    const struct json *standard = json_get(j, "default");
    char *kind = text_of(standard, "kind");
    char *how = text_of(j, "how");
    p->name = text_of(j, "name");
    p->annotation = text_of(j, "annotation");
    p->kind = kind_of(kind);
    p->value = text_of(standard, "value");
    p->shown = text_of(standard, "shown");
    p->is_by_place = strcmp(how, "place") == 0;
    p->is_by_name = strcmp(how, "name") == 0;
    free(kind);
    free(how);
}

static void
read_function(struct pyfunc *f, const struct json *j)
{
    f->returns = text_of(j, "returns");
    f->doc = text_of(j, "doc");
    f->line = number_of(j, "line");
    f->is_async = is_true(j, "async");
    f->has_rest = is_true(j, "rest");
    const struct json *lines = json_get(j, "lines");
    for (size_t i = 0; lines != NULL && i < lines->count; i++) {
        list_add(&f->lines, lines->items[i].text);
    }
    const struct json *all = json_get(j, "parameters");
    f->count = all == NULL ? 0 : all->count;
    f->parameters = mem_new((f->count + 1) * sizeof(*f->parameters));
    for (size_t i = 0; i < f->count; i++) {
        read_parameter(&f->parameters[i], &all->items[i]);
    }
}

/* The file has no such function: what it has, and what is nearest. */
static int
refuse_name(const struct pyfunc *f, const struct json *there,
            struct buf *help, struct err *e)
{
    const char **names = mem_resize(NULL, there->count + 1, sizeof(*names));
    for (size_t i = 0; i < there->count; i++) {
        names[i] = there->items[i].text;
    }
    names[there->count] = NULL;
    const char *near = opt_near(f->name, names);
    if (near != NULL) {
        buf_add_fmt(help, "did you mean '%s:%s'?", f->path, near);
    }
    else if (there->count > 0) {
        buf_add_str(help, "it has:");
        for (size_t i = 0; i < there->count && i < 12; i++) {
            buf_add_fmt(help, " %s", names[i]);
        }
        buf_add_str(help, there->count > 12 ? " …" : "");
    }
    free(names);
    return err_set(e, ERR_USAGE, "%s has no function '%s' at its top",
                   f->path, f->name);
}

static int
read_answer(struct pyfunc *f, const char *text, size_t len, struct buf *help,
            struct err *e)
{
    struct json j = JSON_INIT;
    if (json_read(&j, text, len, e) < 0) {
        return -1;
    }
    int status = 0;
    const struct json *there = json_get(&j, "there");
    const char *wrong = json_get_str(&j, "wrong");
    if (wrong != NULL) {
        status = err_set(e, ERR_USAGE, "%s:%d: %s", f->path,
                         number_of(&j, "line"), wrong);
    }
    else if (there != NULL) {
        status = refuse_name(f, there, help, e);
    }
    else {
        read_function(f, &j);
    }
    json_dispose(&j);
    return status;
}

/* -- asking --------------------------------------------------------------- */

/* The last line with words in it: the exception of a traceback. */
static char *
last_line(const char *text)
{
    size_t end = strlen(text);
    while (end > 0 && text[end - 1] == '\n') {
        end--;
    }
    size_t start = end;
    while (start > 0 && text[start - 1] != '\n') {
        start--;
    }
    return mem_copy_range(text + start, end - start);
}

static int
ask(struct pyfunc *f, const struct python *p, struct buf *help,
    struct err *e)
{
    struct list argv = LIST_INIT;
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o = {.deadline_ms = READ_MS};
    list_add(&argv, p->executable);
    list_add(&argv, "-IS");
    list_add(&argv, "-c");
    list_add(&argv, script);
    list_add(&argv, f->path);
    list_add(&argv, f->name);
    int status = tool_run(&argv, &o, &r, e);
    if (status == 0 && (r.status != 0 || r.is_timed_out)) {
        char *words = last_line(buf_text(&r.errors));
        char *reason = tool_reason(&r);
        status = err_set(e, ERR_USAGE, "%s cannot read %s: %s", p->executable,
                         f->path, words[0] == '\0' ? reason : words);
        free(words);
        free(reason);
    }
    if (status == 0) {
        status = read_answer(f, r.out.data, r.out.len, help, e);
    }
    tool_result_dispose(&r);
    list_dispose(&argv);
    return status;
}

int
pyfunc_read(struct pyfunc *f, const char *what, const struct python *p,
            struct buf *help, struct err *e)
{
    *f = (struct pyfunc)PYFUNC_INIT;
    const char *colon = strrchr(what, ':');
    if (colon == NULL || colon == what || colon[1] == '\0') {
        buf_add_str(help, "for example: --from app.py:mean");
        return err_set(e, ERR_USAGE, "--from '%s' names no function", what);
    }
    if (strchr(colon, '.') != NULL) {
        buf_add_str(help, "a function at the top of the file can be "
                          "replaced");
        return err_set(e, ERR_USAGE, "'%s' is a method", colon + 1);
    }
    f->path = mem_copy_range(what, (size_t)(colon - what));
    f->name = mem_copy_str(colon + 1);
    if (!path_is_file(f->path)) {
        return err_set(e, ERR_USAGE, "no such file: %s", f->path);
    }
    return ask(f, p, help, e);
}

void
pyfunc_dispose(struct pyfunc *f)
{
    for (size_t i = 0; i < f->count; i++) {
        struct pyparam *p = &f->parameters[i];
        free(p->name);
        free(p->annotation);
        free(p->value);
        free(p->shown);
    }
    free(f->parameters);
    free(f->path);
    free(f->name);
    free(f->returns);
    free(f->doc);
    list_dispose(&f->lines);
    *f = (struct pyfunc)PYFUNC_INIT;
}
