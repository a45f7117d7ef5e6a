/* What bytes of any origin become before they reach a terminal. */
#include "check.h"

#include "utf8.h"

static void
check_clean(const char *text, const char *want)
{
    struct buf out = BUF_INIT;
    utf8_add_clean(&out, text, strlen(text));
    CHECK_STR(buf_text(&out), want);
    buf_dispose(&out);
}

static void
letters_are_decoded_and_invalid_bytes_are_one_each(void)
{
    static const struct {
        const char *text;
        size_t taken;
        uint32_t point;
    } cases[] = {
        {"a", 1, 'a'},
        {"\xc3\xa4", 2, 0xe4},
        {"\xe4\xb8\xad", 3, 0x4e2d},
        {"\xf0\x9f\x98\x80", 4, 0x1f600},
        {"\xff", 1, UTF8_BAD},
        {"\xc3", 1, UTF8_BAD},             /* cut off */
        {"\xc0\x80", 1, UTF8_BAD},         /* longer than needed */
        {"\xe0\x80\x80", 1, UTF8_BAD},
        {"\xed\xa0\x80", 1, UTF8_BAD},     /* a surrogate */
        {"\xf4\x90\x80\x80", 1, UTF8_BAD}, /* beyond the last */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        uint32_t point = 0;
        CHECK(utf8_next(cases[i].text, strlen(cases[i].text), &point)
              == cases[i].taken);
        CHECK(point == cases[i].point);
    }
}

static void
columns_know_tabs_wide_letters_and_accents(void)
{
    CHECK(utf8_columns("abc", 3) == 3);
    CHECK(utf8_columns("a\tb", 3) == 9);
    CHECK(utf8_columns("\t\t", 2) == 16);
    CHECK(utf8_columns("\xe4\xb8\xad", 3) == 2);
    CHECK(utf8_columns("e\xcc\x81", 3) == 1);
    CHECK(utf8_columns("\xff\xff", 2) == 2);
}

static void
clean_text_keeps_letters_and_their_columns(void)
{
    check_clean("gr\xc3\xbc\xc3\x9f \xe4\xb8\xad", "gr\xc3\xbc\xc3\x9f "
                                                    "\xe4\xb8\xad");
    check_clean("a\tb", "a       b");
    check_clean("\033]0;title\a\r\n", "?]0;title???");
    check_clean("\xc2\x9b" "31m", "?31m");          /* CSI in one code */
    check_clean("\xe2\x81\xa6x", "?x");             /* turns a line around */
    check_clean("\xff\xfe", "??");
}

static void
ascii_has_look_alikes(void)
{
    static const char text[]
        = "\xe2\x80\x98x\xe2\x80\x99 \xe2\x80\x93 \xe2\x80\xa6 \xc3\x97 "
          "\xe4\xb8\xad" "e\xcc\x81";
    struct buf out = BUF_INIT;
    utf8_add_ascii(&out, text, strlen(text));
    CHECK_STR(buf_text(&out), "'x' - ... x ??e");
    buf_dispose(&out);
}

int
main(void)
{
    RUN(letters_are_decoded_and_invalid_bytes_are_one_each);
    RUN(columns_know_tabs_wide_letters_and_accents);
    RUN(clean_text_keeps_letters_and_their_columns);
    RUN(ascii_has_look_alikes);
    return 0;
}
