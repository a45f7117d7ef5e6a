/* What json makes of good, bad and hostile documents. */
#include "check.h"

#include "json.h"

static int
read_text(struct json *j, const char *text, struct err *e)
{
    return json_read(j, text, strlen(text), e);
}

static void
check_rewritten(const char *text, const char *want)
{
    struct json j;
    struct err e = ERR_INIT;
    struct buf out = BUF_INIT;
    CHECK(read_text(&j, text, &e) == 0);
    json_print(&j, NULL, &out);
    CHECK_STR(buf_text(&out), want);
    buf_dispose(&out);
    json_dispose(&j);
}

static void
check_refused(const char *text, const char *sentence)
{
    struct json j;
    struct err e = ERR_INIT;
    CHECK(read_text(&j, text, &e) == -1);
    CHECK(e.code == ERR_USAGE);
    CHECK_STR(e.text, sentence);
    CHECK(j.count == 0 && j.items == NULL && j.text == NULL);
}

static void
documents_come_back_in_order_with_numbers_as_spelled(void)
{
    check_rewritten(" [1, -0.50e+3,1E9 ,0]\n", "[1, -0.50e+3, 1E9, 0]");
    check_rewritten("{\"b\":1,\"a\":{},\"b\":[],\"\":null}",
                    "{\"b\": 1, \"a\": {}, \"b\": [], \"\": null}");
    check_rewritten("\xef\xbb\xbf[true,false]", "[true, false]");
    check_rewritten("123456789012345678901234567890",
                    "123456789012345678901234567890");
    check_rewritten("\"x\"", "\"x\"");
}

static void
escapes_are_decoded_and_only_the_needed_ones_written(void)
{
    check_rewritten("\"\\u0041\\/\\b\\f\\n\\r\\t\\\"\\\\\\u001f\"",
                    "\"A/\\b\\f\\n\\r\\t\\\"\\\\\\u001f\"");
    check_rewritten("\"\\u00e9\\u20ac\\ud83d\\ude00\"",
                    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
    check_rewritten("\"a\\u0000b\"", "\"a\\u0000b\"");
}

static void
bytes_that_are_not_utf8_survive_as_surrogate_escapes(void)
{
    check_rewritten("\"caf\xe9\"", "\"caf\\udce9\"");
    check_rewritten("\"caf\\udce9\"", "\"caf\\udce9\"");
    check_rewritten("\"\xc0\xaf\xf5\"", "\"\\udcc0\\udcaf\\udcf5\"");
    /* a lone high surrogate has no UTF-8; its three bytes are kept */
    check_rewritten("\"\\ud800!\"", "\"\\udced\\udca0\\udc80!\"");
}

static void
a_bad_document_is_refused_with_line_and_column(void)
{
    check_refused("", "line 1, column 1: the document ends too early");
    check_refused("[1,\n 2,\n]", "line 3, column 1: a value is expected here");
    check_refused("[1 2]", "line 1, column 4: ',' or ']' is expected here");
    check_refused("{\"a\":1 \"b\":2}",
                  "line 1, column 8: ',' or '}' is expected here");
    check_refused("{a:1}",
                  "line 1, column 2: a name in quotes is expected here");
    check_refused("{\"a\" 1}",
                  "line 1, column 6: ':' is expected after a name");
    check_refused("[] []",
                  "line 1, column 4: something follows the end of the "
                  "document");
    check_refused("\"a\nb\"",
                  "line 1, column 3: a control character inside a string");
    check_refused("\"a", "line 1, column 3: the document ends inside a "
                         "string");
    check_refused("\"\\x41\"",
                  "line 1, column 3: no such escape in a string");
    check_refused("\"\\u12g4\"",
                  "line 1, column 4: \\u needs four hexadecimal digits");
    check_refused("-", "line 1, column 2: a digit is missing here");
    check_refused("[1.]", "line 1, column 4: a digit is missing here");
    check_refused("[01]", "line 1, column 3: ',' or ']' is expected here");
    check_refused("nul", "line 1, column 1: a value is expected here");
    check_refused("[NaN]", "line 1, column 2: a value is expected here");
}

static void
depth_is_limited_and_a_bomb_does_not_reach_the_stack(void)
{
    size_t len = 1000000;
    char *bomb = malloc(len);
    struct json j;
    struct err e = ERR_INIT;
    memset(bomb, '[', len);
    CHECK(json_read(&j, bomb, len, &e) == -1);
    CHECK_STR(e.text, "line 1, column 129: nested too deeply");
    memset(bomb + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    CHECK(json_read(&j, bomb, 2 * JSON_MAX_DEPTH, &e) == 0);
    json_dispose(&j);
    free(bomb);
}

static void
members_are_found_and_the_last_of_a_name_wins(void)
{
    struct json j;
    struct err e = ERR_INIT;
    CHECK(read_text(&j, "{\"a\":\"1\",\"a\":\"2\",\"n\":3,"
                        "\"z\":\"x\\u0000y\"}", &e) == 0);
    CHECK_STR(json_get_str(&j, "a"), "2");
    CHECK(json_get(&j, "n")->type == JSON_NUMBER);
    CHECK(json_get_str(&j, "n") == NULL);
    CHECK(json_get_str(&j, "z") == NULL);
    CHECK(json_get(&j, "absent") == NULL);
    CHECK(json_get(&j.items[0], "a") == NULL);
    json_dispose(&j);
}

static void
every_value_knows_its_place_in_the_document(void)
{
    static const char text[] = " [ {\"a\": 10} , \"x\"]";
    struct json j;
    struct err e = ERR_INIT;
    CHECK(read_text(&j, text, &e) == 0);
    CHECK(j.start == 1 && j.end == strlen(text));
    CHECK(j.items[0].start == 3 && j.items[0].end == 12);
    CHECK(memcmp(text + j.items[0].items[0].start, "10", 2) == 0);
    CHECK(j.items[1].start == 15 && j.items[1].end == 18);
    json_dispose(&j);
}

static void
what_is_built_is_written_with_its_margin(void)
{
    struct json j = {.type = JSON_ARRAY};
    struct json *entry = json_put(&j, NULL, JSON_OBJECT);
    json_put_str(entry, "file", "a\"b.c");
    json_put(json_put(entry, "list", JSON_ARRAY), NULL, JSON_BOOL)->is_true
        = true;
    json_put(entry, "none", JSON_ARRAY);
    struct buf out = BUF_INIT;
    json_print(&j, "  ", &out);
    CHECK_STR(buf_text(&out), "[\n"
                              "    {\n"
                              "      \"file\": \"a\\\"b.c\",\n"
                              "      \"list\": [\n"
                              "        true\n"
                              "      ],\n"
                              "      \"none\": []\n"
                              "    }\n"
                              "  ]");
    buf_dispose(&out);
    json_dispose(&j);
}

/* xorshift: the same documents on every run */
static unsigned long long seed = 0x9e3779b97f4a7c15ull;

static unsigned
next_random(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % below;
}

/* Replaces, removes or doubles a few bytes; the new length. */
static size_t
mutate(char *bytes, size_t len, size_t cap)
{
    static const char spice[] = "[]{}\",:\\u0eE+-.tfn \n\xff\xed\xa0\x00";
    for (unsigned round = 1 + next_random(4); round > 0 && len > 1; round--) {
        size_t at = next_random((unsigned)len);
        size_t run = 1 + next_random(8);
        if (run > len - at) {
            run = len - at;
        }
        switch (next_random(3)) {
        case 0:
            bytes[at] = spice[next_random(sizeof(spice))];
            break;
        case 1:
            memmove(bytes + at, bytes + at + run, len - at - run);
            len -= run;
            break;
        default:
            if (len + run <= cap) {
                memmove(bytes + at + run, bytes + at, len - at);
                len += run;
            }
        }
    }
    return len;
}

static void
check_fixpoint(const struct json *j)
{
    struct buf once = BUF_INIT;
    struct buf twice = BUF_INIT;
    struct json again;
    struct err e = ERR_INIT;
    json_print(j, NULL, &once);
    CHECK(json_read(&again, buf_text(&once), once.len, &e) == 0);
    json_print(&again, NULL, &twice);
    CHECK_STR(buf_text(&twice), buf_text(&once));
    json_dispose(&again);
    buf_dispose(&once);
    buf_dispose(&twice);
}

static void
mutated_documents_are_refused_or_come_back_the_same(void)
{
    static const char origin[]
        = "[{\"directory\": \"/tmp/x\", \"arguments\": [\"cc\", \"-I\\u00e9"
          "\\ud83d\\ude00\"],\n \"file\": \"a.c\", \"n\": -1.5e+10, \"t\": "
          "[true, false, null, {}]}]";
    unsigned good = 0;
    for (int round = 0; round < 20000; round++) {
        char bytes[sizeof(origin) * 2];
        size_t len = sizeof(origin) - 1;
        memcpy(bytes, origin, len);
        len = mutate(bytes, len, sizeof(bytes));
        /* an exact heap copy, so that ASan sees one byte too far */
        char *exact = malloc(len);
        memcpy(exact, bytes, len);
        struct json j;
        struct err e = ERR_INIT;
        if (json_read(&j, exact, len, &e) == 0) {
            CHECK(j.end <= len);
            good++;
            check_fixpoint(&j);
            json_dispose(&j);
        }
        else {
            CHECK(strncmp(e.text, "line ", 5) == 0);
        }
        free(exact);
    }
    CHECK(good > 1000 && good < 19000);
}

int
main(void)
{
    RUN(documents_come_back_in_order_with_numbers_as_spelled);
    RUN(escapes_are_decoded_and_only_the_needed_ones_written);
    RUN(bytes_that_are_not_utf8_survive_as_surrogate_escapes);
    RUN(a_bad_document_is_refused_with_line_and_column);
    RUN(depth_is_limited_and_a_bomb_does_not_reach_the_stack);
    RUN(members_are_found_and_the_last_of_a_name_wins);
    RUN(every_value_knows_its_place_in_the_document);
    RUN(what_is_built_is_written_with_its_margin);
    RUN(mutated_documents_are_refused_or_come_back_the_same);
    return 0;
}
