/* Which documents are TOML 1.0, what they say, and where one is broken. */
#include "check.h"

#include "toml.h"

static struct toml *
read_good(const char *text)
{
    struct err e = ERR_INIT;
    struct toml *t = toml_parse(text, strlen(text), "f.toml", &e);
    CHECK_STR(e.text, "");
    CHECK(t != NULL);
    return t;
}

static void
check_bad(const char *text, const char *sentence)
{
    struct err e = ERR_INIT;
    CHECK(toml_parse(text, strlen(text), "f.toml", &e) == NULL);
    CHECK(e.code == ERR_USAGE);
    CHECK_STR(e.text, sentence);
}

static void
tables_and_dotted_keys_make_one_tree(void)
{
    struct toml *t = read_good("top = 1\n"
                               "[a.b]\n\"quoted key\" = 'x'\n"
                               "c.d.e = true\n"
                               "[a]\nf = 2 # late header\n"
                               "[[list]]\nn = 1\n[[list]]\nn = 2\n"
                               "[list.sub]\nm = 3\n");
    CHECK(toml_get(t, "top")->integer == 1);
    const struct toml *b = toml_get(toml_get(t, "a"), "b");
    CHECK_STR(toml_get(b, "quoted key")->text, "x");
    CHECK(toml_get(b, "quoted key")->line == 3);
    CHECK(toml_get(toml_get(toml_get(b, "c"), "d"), "e")->boolean);
    CHECK(toml_get(toml_get(t, "a"), "f")->integer == 2);
    const struct toml *list = toml_get(t, "list");
    CHECK(list->type == TOML_ARRAY && list->count == 2);
    CHECK(toml_get(list->items[1], "n")->integer == 2);
    CHECK(toml_get(toml_get(list->items[1], "sub"), "m")->integer == 3);
    CHECK(toml_get(t, "absent") == NULL && toml_get(NULL, "x") == NULL);
    toml_free(t);
}

static void
strings_keep_every_letter(void)
{
    struct toml *t = read_good(
        "a = \"t\\tq\\\"u\\u00fc\\U0001F600\"\n"
        "b = 'C:\\raw'\n"
        "c = \"\"\"\nfirst\nsecond \\\n   joined \"\"quoted\"\"\"\"\"\n"
        "d = '''it's'''\n"
        "e = \"\"\r\nf = \"\"\"\"\"\"\n");
    CHECK_STR(toml_get(t, "a")->text, "t\tq\"u\xc3\xbc\xf0\x9f\x98\x80");
    CHECK_STR(toml_get(t, "b")->text, "C:\\raw");
    CHECK_STR(toml_get(t, "c")->text,
              "first\nsecond joined \"\"quoted\"\"");
    CHECK_STR(toml_get(t, "d")->text, "it's");
    CHECK_STR(toml_get(t, "e")->text, "");
    CHECK_STR(toml_get(t, "f")->text, "");
    CHECK(toml_get(t, "f")->line == 9);
    toml_free(t);
}

static void
numbers_dates_arrays_and_inline_tables(void)
{
    struct toml *t = read_good(
        "i = [-17, 1_000, 0xDEAD_beef, 0o17, 0b101, +0]\n"
        "f = [3.5, -1e3, 6.02_2e+23, inf, -nan]\n"
        "d = [1979-05-27 07:32:00Z, 1979-05-27T00:32:00.999-07:00, 07:32:00]\n"
        "n = [ # comment\n  [1, 2],\n  ['a',],\n]\n"
        "p = { x = 1, y.z = \"w\" }\nq = {}\n");
    const struct toml *i = toml_get(t, "i");
    CHECK(i->items[0]->integer == -17 && i->items[1]->integer == 1000);
    CHECK(i->items[2]->integer == 0xdeadbeef && i->items[3]->integer == 15);
    CHECK(i->items[4]->integer == 5);
    const struct toml *f = toml_get(t, "f");
    CHECK(f->items[0]->real == 3.5 && f->items[1]->real == -1000);
    CHECK(f->items[4]->type == TOML_FLOAT);
    CHECK_STR(toml_get(t, "d")->items[0]->text, "1979-05-27 07:32:00Z");
    CHECK(toml_get(t, "n")->items[1]->count == 1);
    CHECK_STR(toml_get(toml_get(toml_get(t, "p"), "y"), "z")->text, "w");
    CHECK(toml_get(t, "q")->count == 0);
    toml_free(t);
}

static void
what_is_broken_is_named_with_its_line(void)
{
    check_bad("a = 1\nb", "f.toml:2: '=' is missing after 'b'");
    check_bad("a = ", "f.toml:1: a value is missing");
    check_bad("a = yes", "f.toml:1: 'yes' is no value; a string needs quotes");
    check_bad("a = 1 b = 2", "f.toml:1: only a comment may follow here");
    check_bad("\na = \"x\n", "f.toml:2: a string has no closing quote");
    check_bad("a = \"\"\"x\n\n", "f.toml:1: a string has no closing quotes");
    check_bad("a = [1\nb = 2", "f.toml:2: an array needs ',' or ']' here");
    check_bad("a = {b = 1", "f.toml:1: an inline table needs ',' or '}' here");
    check_bad("[a\nb = 1", "f.toml:1: ']' is missing");
    check_bad("a = 1\na = 2", "f.toml:2: 'a' is already in line 1");
    check_bad("[a]\n[b]\n[a]", "f.toml:3: 'a' is already in line 1");
    check_bad("[a]\nb.c = 1\n[a.b]", "f.toml:3: 'b' is already in line 2");
    check_bad("a = {b = 1}\n[a.c]", "f.toml:2: 'a' is already in line 1");
    check_bad("a = [1]\n[[a]]", "f.toml:2: 'a' is already in line 1");
    check_bad("a = \"\\q\"", "f.toml:1: a string has an unknown escape");
    check_bad("a = '\xff'", "f.toml:1: a string is not UTF-8");
    check_bad("a = 1__0", "f.toml:1: '_' must stand between digits in "
                          "'1__0'");
    check_bad("a = 012", "f.toml:1: '012' is no value; a string needs quotes");
    check_bad("a = 99999999999999999999",
              "f.toml:1: '99999999999999999999' is too large");
    check_bad("= 1", "f.toml:1: a key is missing");
}

static void
depth_is_bounded(void)
{
    char deep[2100] = "a = ";
    memset(deep + 4, '[', 2000);
    check_bad(deep, "f.toml:1: arrays and tables are nested too deeply");
    char dotted[2100];
    for (size_t i = 0; i < 2000; i += 2) {
        memcpy(dotted + i, "a.", 3);
    }
    check_bad(dotted, "f.toml:1: a key has too many parts");
}

static void
mutated_documents_are_survived(void)
{
    static const char seed_text[] =
        "[tool.x]\na = [1, 'b', {c.d = \"e\\u00fc\"}] # f\n[[g.h]]\n"
        "i = \"\"\"j\\\n k\"\"\"\nl = 1979-05-27 07:32:00Z\nm = -0x1_f\n";
    static const char letters[] = "[]{}\"'\\\n=.,#_-+0aenxu\x80\xff \r";
    unsigned seed = 1;
    for (int round = 0; round < 5000; round++) {
        char text[sizeof(seed_text)];
        memcpy(text, seed_text, sizeof(text));
        size_t len = sizeof(text) - 1;
        for (unsigned edits = 0; edits < 1 + (unsigned)round % 6; edits++) {
            seed = seed * 1664525u + 1013904223u;
            text[(seed >> 8) % len]
                = letters[(seed >> 20) % (sizeof(letters) - 1)];
        }
        /* A copy of the exact size: reading past its end is seen. */
        size_t cut = round % 3 == 0 ? (seed >> 10) % len : len;
        char *exact = malloc(cut + 1);
        CHECK(exact != NULL);
        memcpy(exact, text, cut);
        toml_free(toml_parse(exact, cut, "f", NULL));
        free(exact);
    }
}

int
main(void)
{
    RUN(tables_and_dotted_keys_make_one_tree);
    RUN(strings_keep_every_letter);
    RUN(numbers_dates_arrays_and_inline_tables);
    RUN(what_is_broken_is_named_with_its_line);
    RUN(depth_is_bounded);
    RUN(mutated_documents_are_survived);
    return 0;
}
