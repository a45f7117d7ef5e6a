"""Random plain modules, the same for the same seed: C functions over every
kind of parameter and result, each of which reads all that it is given.

A kind is a row below: how C declares it, and how C touches it. What values
suit it is known to calls.py, by the kind's name.
"""
import random

INTEGERS = {"int8_t": "b", "uint8_t": "B", "int16_t": "h", "uint16_t": "H",
            "int32_t": "i", "uint32_t": "I", "int64_t": "q",
            "uint64_t": "Q", "char": "b", "long long": "q"}
FLOATS = {"float": "f", "double": "d"}
ITEMS = {**INTEGERS, **FLOATS}
LENGTHS = ("size_t n_%s", "int n_%s", "uint8_t %s_len", "long %s_count")

HEAD = """\
/* Written by tests/fuzz from the seed %d. */
#include <cowbird.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
%s
enum level { LOW = -1, HIGH = 7 };

static long taken, given;

/* Reads every byte, so that a sanitizer sees those that are not ours. */
static unsigned
touch(const void *data, size_t size)
{
    const volatile unsigned char *bytes = data;
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum = sum * 31 + bytes[i];
    }
    return sum;
}

static unsigned
touch_text(const char *text)
{
    return text == NULL ? 3 : touch(text, strlen(text) + 1);
}

/* The same bytes again, from inside. */
static unsigned
rewrite(void *data, size_t size)
{
    volatile unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = bytes[i];
    }
    return touch(data, size);
}

static void *
take(size_t size)
{
    taken++;
    return memset(malloc(size > 0 ? size : 1), 1, size);
}

void
give_back(void *memory)
{
    given++;
    free(memory);
}

long
balance(void)
{
    return taken - given;
}

typedef struct store {
    size_t size;
} store;

store *
store_new(uint8_t size)
{
    store *s = take(sizeof(*s) + size);
    s->size = size;
    return s;
}

CB_CLOSES void
store_close(store *s)
{
    give_back(s);
}
"""


class Parameter:
    """`python`: what calls.py passes: [name, kind, item, is_optional]."""

    def __init__(self, c, touch, python=(), out=False):
        self.c = c
        self.touch = touch
        self.python = list(python)
        self.is_out = out


def number(chance, name, optional):
    of = chance.choice([*INTEGERS, *FLOATS, "bool", "long double",
                        "enum level"])
    word = ""
    if optional:
        word = "CB_DEFAULT(%s) " % (
            "true" if of == "bool" else "HIGH" if of == "enum level"
            else chance.choice(["0", "1", "7 * 3"]))
    return Parameter("%s%s %s" % (word, of, name),
                     "touch(&%s, 1)" % name, [[name, of, "", optional]])


def text(chance, name, optional):
    kind, c, size = chance.choice([
        ("text", "const char *", None), ("str", "cb_str ", "len + 1"),
        ("bytes", "cb_bytes ", "len")])
    word, is_null = "", False
    if optional:
        is_null = chance.random() < 0.5
        word = "CB_DEFAULT(%s) " % ("NULL" if is_null else '"some text"')
    reads = ("touch_text(%s)" % name if size is None else
             "%s.data == NULL ? 5 : touch(%s.data, %s.%s)"
             % (name, name, name, size))
    return Parameter("%s%s%s" % (word, c, name), reads,
                     [[name, kind, "", "None" if is_null else optional]])


def buffer(chance, name, optional):
    """One buffer, or several that share a length, or a matrix."""
    of = chance.choice([*ITEMS, "void"])
    is_const = chance.random() < 0.6
    word = "CB_DEFAULT(NULL) " if optional else ""
    names = [name]
    while of not in ("char", "void") and not optional \
            and chance.random() < 0.3:
        names.append("%s_%d" % (name, len(names)))
    is_matrix = of not in ("char", "void") and chance.random() < 0.25
    length = chance.choice(LENGTHS) % name
    items = length.split()[-1]
    columns = ""
    if is_matrix:
        columns = ", size_t %s_across" % name
        items = "(%s) * %s_across" % (items, name)
    size = "(size_t)(%s)%s" % (
        items, "" if of == "void" else " * sizeof(%s)" % of)
    kind = ("matrix" if is_matrix else "buffer") + ("" if is_const else "!")
    if of == "char" and is_const:
        kind = "chars"
    c = ", ".join("%s%s%s *%s" % (word, "const " if is_const else "", of, x)
                  for x in names)
    reads = " + ".join("(%s == NULL ? 9 : %s(%s, %s))" % (
        x, "touch" if is_const else "rewrite", x, size) for x in names)
    return Parameter("%s, %s%s" % (c, length, columns), reads,
                     [[x, kind, ITEMS.get(of, ""),
                       "None" if optional else False] for x in names])


def compound(chance, name, optional):
    of = chance.choice(["float", "double", "long double"]) + " _Complex"
    word = "CB_DEFAULT(-2) " if optional else ""
    return Parameter("%s%s %s" % (word, of, name), "touch(&%s, 4)" % name,
                     [[name, of, "", optional]])


def handle(chance, name, optional):
    word = "CB_DEFAULT(NULL) " if optional else ""
    const = chance.choice(["", "const "])
    return Parameter(
        "%s%sstore *%s" % (word, const, name),
        "%s == NULL ? 2 : touch(%s, sizeof(*%s) + %s->size)"
        % (name, name, name, name),
        [[name, "store", "", "None" if optional else False]])


def callback(chance, name, optional):
    """Called twice with some numbers and a text; what it answers is read."""
    word = "CB_DEFAULT(NULL) " if optional else ""
    of = chance.choice([*ITEMS, "void", "bool", "const char *"])
    takes = chance.choices([*ITEMS, "const char *"], k=chance.randrange(4))
    gives = ", ".join(['"given"' if t == "const char *" else "(%s)7" % t
                       for t in takes] + [name + "_data"])
    call = "%s(%s)" % (name, gives)
    reads = ("(%s, 4u)" if of == "void" else
             "touch_text(%s)" if of == "const char *" else
             "%s != 0") % call
    return Parameter(
        "%s%s (*%s)(%s), void *%s_data" % (
            word, of, name, ", ".join([*takes, "void *"]), name),
        "%s == NULL ? 1u : (unsigned)(%s) + (unsigned)(%s)"
        % (name, reads, reads),
        [[name, "callback", of, "None" if optional else False]])


def out(chance, name, _optional):
    """A result through a pointer; of buffers, with its length."""
    form = chance.choice(["number", "text", "owned", "view", "buffer",
                          "handle"])
    if form == "handle":
        return Parameter(
            "CB_OUT store **%s" % name,
            "(*%s = h %% 3 == 0 ? NULL : store_new(9), 0)" % name, out=True)
    if form == "number":
        of = chance.choice([*ITEMS, "bool"])
        return Parameter("CB_OUT %s *%s" % (of, name),
                         "(*%s = (%s)(h %% 100), 0)" % (name, of), out=True)
    if form == "text":
        return Parameter(
            "CB_OUT const char **%s" % name,
            "(*%s = h %% 3 == 0 ? NULL : h %% 3 == 1 ? \"a\" : \"\\xfe\", 0)"
            % name, out=True)
    if form == "owned":
        return Parameter(
            "CB_OUT CB_OWNED_BY(give_back) char **%s" % name,
            "(*%s = h %% 4 == 0 ? NULL : strcpy(take(9), \"%s\"), 0)"
            % (name, chance.choice(["owned", "\\xff"])), out=True)
    if form == "view":
        return Parameter(
            "CB_OUT CB_OWNED_BY(give_back) %s *%s"
            % (chance.choice(["cb_str", "cb_bytes"]), name),
            "(%s->data = take(h %% 50), %s->len = h %% 50, 0)"
            % (name, name), out=True)
    of = chance.choice([*ITEMS, "void"])
    size = "" if of == "void" else " * sizeof(%s)" % of
    return Parameter(
        "CB_OUT CB_OWNED_BY(give_back) %s **%s, CB_OUT %s *%s_len"
        % (of, name, chance.choice(["size_t", "int"]), name),
        "(*%s = take(h %% 40%s), *%s_len = h %% 40, 0)"
        % (name, size, name), out=True)


# what a function returns: its declaration with words, and the expression
RESULTS = [
    ("void", None),
    *((of, "(%s)(h %% 100)" % of) for of in [*ITEMS, "bool", "long double"]),
    ("const char *", 'h % 3 == 0 ? NULL : h % 3 == 1 ? "text" : "\\xff"'),
    ("cb_str", '(cb_str){h % 2 ? "a\\0b" : NULL, 3}'),
    ("cb_bytes", '(cb_bytes){"a\\0b", h % 4}'),
    ("CB_OWNED_BY(give_back) char *",
     'h % 3 == 0 ? NULL : strcpy(take(9), h % 3 == 1 ? "own" : "\\xff")'),
    ("store *", "h % 3 == 0 ? NULL : store_new((uint8_t)h)"),
    ("CB_ERRNO store *",
     "(errno = ENOENT, h % 3 == 0 ? NULL : store_new((uint8_t)h))"),
    ("enum level", "h % 5 == 0 ? LOW : h % 5 == 1 ? (enum level)3 : HIGH"),
    ("CB_ERRNO int", "(errno = (int)(h % 40), (int)(h % 5) - 2)"),
    ("CB_ERRNO uint64_t", "(errno = ENOENT, h % 2 ? (uint64_t)-1 : h)"),
    ("CB_STATUS int", "(errno = (int)(h % 3), (int)(h % 6) - 3)"),
]


def function(chance, name, has_complex):
    makers = [number, number, text, buffer, buffer, handle, callback,
              out]
    if has_complex:
        makers.append(compound)
    count = chance.choice([0, 1, 1, 2, 2, 3, 3, 4, 6])
    first_optional = chance.choice([count, count, chance.randint(0, count)])
    names = ["a%d" % i for i in range(count)]
    if count > 1 and chance.random() < 0.2:
        names[0] = chance.choice(["from", "class", "in", "self", "module",
                                  "args", "count", "result", "value"])
    parameters = [chance.choice(makers)(chance, x, i >= first_optional)
                  for i, x in enumerate(names)]
    # a scalar named like a length behind a pointer would be one
    declared, result = [], chance.choice(RESULTS)
    for p in parameters:
        declared.append(p.c)
    words = "CB_NOGIL " if chance.random() < 0.15 else ""
    body = ["    unsigned h = %du;\n    (void)h;" % chance.randrange(1000)]
    body += ["    h = h * 33 + (unsigned)(%s);" % p.touch
             for p in parameters]
    if chance.random() < 0.3:
        body.append('    if (h %% 3 == 0) {\n        cb_raise(CB_LookupError,'
                    ' "%s raised");\n    }' % name)
    if result[1] is not None:
        body.append("    return %s;" % result[1])
    c = "\n%s%s\n%s(%s)\n{\n%s\n}\n" % (
        words, result[0], name, ", ".join(declared) or "void",
        "\n".join(body))
    return c, [name, [row for p in parameters for row in p.python]]


def module(seed, count, has_complex):
    """The C text, and a row [name, [[parameter, kind, item, optional]…]] of
    each function. `optional` is "None" where None may stand for nothing."""
    chance = random.Random(seed)
    source = [HEAD % (seed, "#include <complex.h>\n" if has_complex else "")]
    rows = []
    for i in range(count):
        c, row = function(chance, "f%d" % i, has_complex)
        source.append(c)
        rows.append(row)
    return "".join(source), rows
