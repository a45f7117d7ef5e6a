/* digest: SHA-256 against the published vectors. */
#include "digest.h"

#include <unistd.h>

#include "check.h"
#include "file.h"

static void
check_text(const char *text, const char *want)
{
    struct digest_state s;
    digest_start(&s);
    digest_add(&s, text, strlen(text));
    struct digest d = digest_end(&s);
    char got[DIGEST_TEXT];
    digest_text(&d, got);
    CHECK_STR(got, want);
}

static void
the_published_vectors_come_out(void)
{
    check_text("", "e3b0c44298fc1c149afbf4c8996fb924"
                   "27ae41e4649b934ca495991b7852b855");
    check_text("abc", "ba7816bf8f01cfea414140de5dae2223"
                      "b00361a396177a9cb410ff61f20015ad");
    check_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
               "248d6a61d20638b8e5c026930c3e6039"
               "a33ce45964ff2167f6ecedd419db06c1");
    check_text("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
               "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
               "cf5b16a778af8380036ce59e7b049237"
               "0b249b11e8f07a51afac45037afee9d1");
}

static void
a_million_letters_in_odd_pieces_come_out(void)
{
    static char letters[1010];
    memset(letters, 'a', sizeof(letters));
    struct digest_state s;
    digest_start(&s);
    size_t left = 1000000;
    for (size_t n = 1; left > 0; n = n % 997 + 13) {
        size_t piece = n < left ? n : left;
        digest_add(&s, letters, piece);
        left -= piece;
    }
    struct digest d = digest_end(&s);
    char got[DIGEST_TEXT];
    digest_text(&d, got);
    CHECK_STR(got, "cdc76e5c9914fb9281a1c7e284d73e67"
                   "f1809a48a497200e046d39ccc7112cd0");
}

static struct digest
of_two(const char *a, const char *b)
{
    struct digest_state s;
    digest_start(&s);
    digest_add_str(&s, a);
    digest_add_str(&s, b);
    return digest_end(&s);
}

static void
strings_never_run_together(void)
{
    struct digest one = of_two("ab", "c");
    struct digest two = of_two("a", "bc");
    struct digest three = of_two("", NULL);
    struct digest four = of_two(NULL, "");
    CHECK(!digest_equal(&one, &two));
    CHECK(!digest_equal(&three, &four));
}

static void
a_file_has_the_digest_of_its_bytes(void)
{
    char path[] = "/tmp/cowbird-digest-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, "abc", 3) == 3);
    close(fd);
    struct digest d;
    struct err e = ERR_INIT;
    CHECK(digest_file(path, &d, &e) == 0);
    char got[DIGEST_TEXT];
    digest_text(&d, got);
    CHECK(strncmp(got, "ba7816bf8f01cfea", 16) == 0);
    unlink(path);
    CHECK(digest_file(path, &d, &e) < 0);
    CHECK(strstr(e.text, path) != NULL);
}

int
main(void)
{
    RUN(the_published_vectors_come_out);
    RUN(a_million_letters_in_odd_pieces_come_out);
    RUN(strings_never_run_together);
    RUN(a_file_has_the_digest_of_its_bytes);
    return 0;
}
