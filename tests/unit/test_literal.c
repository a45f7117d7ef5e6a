/* What the text of a constant is worth, and how C and Python spell it. */
#include "check.h"
#include "literal.h"
#include "mem.h"

static void
check_spelled(const char *text, const char *c, const char *python)
{
    struct literal v = LITERAL_INIT;
    struct buf one = BUF_INIT, two = BUF_INIT;
    CHECK(literal_read(&v, text, NULL) == 0);
    literal_add_c(&one, &v);
    CHECK(literal_add_python(&two, &v));
    CHECK_STR(buf_text(&one), c);
    CHECK_STR(buf_text(&two), python);
    buf_dispose(&one);
    buf_dispose(&two);
    literal_dispose(&v);
}

static void
check_unreadable(const char *text)
{
    struct literal v = LITERAL_INIT;
    if (literal_read(&v, text, NULL) == 0) {
        CHECK_STR(text, "unreadable");
    }
    literal_dispose(&v);
}

static void
numbers_are_worked_out(void)
{
    check_spelled("7", "7LL", "7");
    check_spelled(" 0x10 ", "16LL", "16");
    check_spelled("010", "8LL", "8");
    check_spelled("0b101", "5LL", "5");
    check_spelled("1 << 20", "1048576LL", "1048576");
    check_spelled("2 + 3 * (4 - 1) % 5 | 8", "14LL", "14");
    check_spelled("10 - 3 - 2", "5LL", "5");
    check_spelled("-+-!0", "1LL", "1");
    check_spelled("'x'", "120LL", "120");
    check_spelled("'\\n'", "10LL", "10");
    check_spelled("18446744073709551615UL", "18446744073709551615ULL",
                  "18446744073709551615");
    check_spelled("(9223372036854775807L * 2UL + 1UL)",
                  "18446744073709551615ULL", "18446744073709551615");
    check_spelled("(-0x7fffffffffffffffLL - 1LL)",
                  "-9223372036854775807LL - 1", "-9223372036854775808");
    check_spelled("true", "1LL", "1");
}

static void
floats_keep_their_value(void)
{
    check_spelled("1.0", "1.0", "1.0");
    check_spelled("0.1f", "0.1", "0.1");
    check_spelled("-.5e-3", "-0.0005", "-0.0005");
    check_spelled("1e300", "1e+300", "1e+300");
    check_spelled("1 / 3.0", "0.3333333333333333", "0.3333333333333333");
    check_spelled("0x1p4", "16.0", "16.0");
    check_spelled("(-__builtin_inff ())", "-Py_HUGE_VAL", "-1e999");
    check_spelled("(__builtin_nanf (\"\"))", "Py_NAN", "...");
}

static void
text_is_spelled_in_ascii(void)
{
    check_spelled("\"a\" \"b\"", "\"ab\"", "'ab'");
    check_spelled("\"it's \\\\ \\x41\\t\\303\\266\"",
                  "\"it\\047s\\040\\134\\040A\\011\\303\\266\"",
                  "'it\\'s \\\\ A\\x09\\u00f6'");
    check_spelled("\"\\360\\237\\220\\246\"", "\"\\360\\237\\220\\246\"",
                  "'\\U0001f426'");
    check_spelled("((void *)0)", "NULL", "None");
    struct literal v = LITERAL_INIT;
    struct buf out = BUF_INIT;
    CHECK(literal_read(&v, "\"\\xff\"", NULL) == 0);
    CHECK(!literal_add_python(&out, &v));
    buf_dispose(&out);
    literal_dispose(&v);
}

static void
what_is_no_constant_is_not_guessed(void)
{
    static const char *const texts[]
        = {"", "f(1)", "1 +", "1 2", "sizeof(int)", "(int)1.5", "\"open",
           "'ab'", "1 / 0", "1 % 0", "1 << 64", "1 << -1", "-1u", "1.5 % 2",
           "\"a\" + 1", "unknown", "~0", "12abc", "1.5.5", "08",
           "0xffffffffffffffff * 0xffffffffffffffff", ")", "NULL + 1",
           NULL};
    for (size_t i = 0; texts[i] != NULL; i++) {
        check_unreadable(texts[i]);
    }
    char deep[2001];
    memset(deep, '(', 2000);
    deep[2000] = '\0';
    check_unreadable(deep);
    memset(deep, '-', 2000);
    check_unreadable(deep);
}

static void
names_are_constants_of_the_surface(void)
{
    struct constant constants[] = {
        {(char *)"SIX", CONSTANT_INT, (char *)"6LL", NULL},
        {(char *)"WORD", CONSTANT_TEXT, (char *)"\"w\"", NULL},
        {(char *)"LOOP", CONSTANT_INT, (char *)"LOOP", NULL},
    };
    struct surface s = {.constants = constants, .constant_count = 3};
    struct literal v = LITERAL_INIT;
    CHECK(literal_read(&v, "SIX * 7", &s) == 0 && v.integer == 42);
    literal_dispose(&v);
    CHECK(literal_read(&v, "WORD", &s) == 0 && v.kind == LITERAL_TEXT);
    literal_dispose(&v);
    CHECK(literal_read(&v, "LOOP", &s) < 0);
    literal_dispose(&v);
}

int
main(void)
{
    RUN(numbers_are_worked_out);
    RUN(floats_keep_their_value);
    RUN(text_is_spelled_in_ascii);
    RUN(what_is_no_constant_is_not_guessed);
    RUN(names_are_constants_of_the_surface);
    return 0;
}
