/* What the wire does with whole, partial and hostile messages. */
#include "check.h"

#include "wire/msg.h"

static void
fields_come_back_as_they_were_put(void)
{
    struct buf b = BUF_INIT;
    struct err e = ERR_INIT;
    msg_start(&b, MSG_LOADED);
    msg_put_str(&b, "pkg._speedups");
    msg_put_u64(&b, 7);
    CHECK(msg_finish(&b, &e) == 0);

    struct msg m;
    size_t taken = 0;
    CHECK(msg_parse(&b, &m, &taken, &e) == 1);
    CHECK(m.type == MSG_LOADED && taken == b.len);
    char *name = msg_get_str(&m);
    CHECK_STR(name, "pkg._speedups");
    CHECK(msg_get_u64(&m) == 7);
    CHECK(msg_end(&m, &e) == 0);
    free(name);
    buf_dispose(&b);
}

static void
every_shorter_prefix_waits_for_more(void)
{
    struct buf b = BUF_INIT;
    struct err e = ERR_INIT;
    msg_start(&b, MSG_COMMIT);
    msg_put_u64(&b, 1);
    CHECK(msg_finish(&b, &e) == 0);
    for (size_t len = 0; len < b.len; len++) {
        struct buf part = BUF_INIT;
        buf_add(&part, b.data, len);
        struct msg m;
        size_t taken = 0;
        CHECK(msg_parse(&part, &m, &taken, &e) == 0);
        buf_dispose(&part);
    }
    buf_dispose(&b);
}

static void
a_payload_without_its_fields_is_bad_and_never_read_past(void)
{
    struct buf b = BUF_INIT;
    struct err e = ERR_INIT;
    msg_start(&b, MSG_PREPARE);
    msg_put_u64(&b, UINT64_MAX); /* a count nobody can hold */
    CHECK(msg_finish(&b, &e) == 0);
    struct msg m;
    size_t taken = 0;
    CHECK(msg_parse(&b, &m, &taken, &e) == 1);
    CHECK(msg_get_count(&m, 8) == 0);
    CHECK(msg_get_str(&m) == NULL);
    CHECK(msg_end(&m, &e) == -1 && e.code == ERR_BUG);
    buf_dispose(&b);
}

static void
another_version_is_refused(void)
{
    struct buf b = BUF_INIT;
    struct err e = ERR_INIT;
    msg_start(&b, MSG_COMMIT);
    CHECK(msg_finish(&b, &e) == 0);
    b.data[6] = 99;
    struct msg m;
    size_t taken = 0;
    CHECK(msg_parse(&b, &m, &taken, &e) == -1);
    CHECK_STR(e.text, "the other side speaks version 99, this one 1");
    buf_dispose(&b);
}

static void
text_with_a_nul_inside_is_bad(void)
{
    struct buf b = BUF_INIT;
    struct err e = ERR_INIT;
    msg_start(&b, MSG_UNDO_ASK);
    msg_put_str(&b, "abc");
    CHECK(msg_finish(&b, &e) == 0);
    b.data[MSG_HEADER + 5] = '\0';
    struct msg m;
    size_t taken = 0;
    CHECK(msg_parse(&b, &m, &taken, &e) == 1);
    CHECK(msg_get_str(&m) == NULL);
    CHECK(msg_end(&m, &e) == -1);
    buf_dispose(&b);
}

int
main(void)
{
    RUN(fields_come_back_as_they_were_put);
    RUN(every_shorter_prefix_waits_for_more);
    RUN(a_payload_without_its_fields_is_bad_and_never_read_past);
    RUN(another_version_is_refused);
    RUN(text_with_a_nul_inside_is_bad);
    return 0;
}
