/* digest: see digest.h. Holds no state; any thread. */
#include "digest.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"

/* First 32 bits of the fractional parts of the cube roots of the first 64
 * primes (FIPS 180-4, 4.2.2). */
static const uint32_t rounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t
turn(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static uint32_t
word_at(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8
           | b[3];
}

static void
expand(const uint8_t block[64], uint32_t w[64])
{
    for (int i = 0; i < 16; i++) {
        w[i] = word_at(block + 4 * i);
    }
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15];
        uint32_t b = w[i - 2];
        w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[i - 7]
               + (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
    }
}

/* One round of FIPS 180-4, 6.2.2; the caller turns the names instead of
 * moving the eight words. */
static inline void
round_of(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e,
         uint32_t f, uint32_t g, uint32_t *h, uint32_t added)
{
    uint32_t one = *h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25))
                   + ((e & f) ^ (~e & g)) + added;
    uint32_t two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22))
                   + ((a & b) ^ (a & c) ^ (b & c));
    *d += one;
    *h = one + two;
}

static void
mix(struct digest_state *s, const uint8_t block[64])
{
    uint32_t w[64];
    expand(block, w);
    uint32_t *h = s->h;
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3];
    uint32_t e = h[4], f = h[5], g = h[6], k = h[7];
    for (int i = 0; i < 64; i += 8) {
        round_of(a, b, c, &d, e, f, g, &k, rounds[i] + w[i]);
        round_of(k, a, b, &c, d, e, f, &g, rounds[i + 1] + w[i + 1]);
        round_of(g, k, a, &b, c, d, e, &f, rounds[i + 2] + w[i + 2]);
        round_of(f, g, k, &a, b, c, d, &e, rounds[i + 3] + w[i + 3]);
        round_of(e, f, g, &k, a, b, c, &d, rounds[i + 4] + w[i + 4]);
        round_of(d, e, f, &g, k, a, b, &c, rounds[i + 5] + w[i + 5]);
        round_of(c, d, e, &f, g, k, a, &b, rounds[i + 6] + w[i + 6]);
        round_of(b, c, d, &e, f, g, k, &a, rounds[i + 7] + w[i + 7]);
    }
    const uint32_t v[8] = {a, b, c, d, e, f, g, k};
    for (int i = 0; i < 8; i++) {
        h[i] += v[i];
    }
}

void
digest_start(struct digest_state *s)
{
    *s = (struct digest_state){
        .h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
              0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void
digest_add(struct digest_state *s, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    s->total += len;
    while (len > 0) {
        if (s->used == 0 && len >= 64) {
            mix(s, at);
            at += 64;
            len -= 64;
            continue;
        }
        size_t room = 64 - s->used;
        size_t n = len < room ? len : room;
        memcpy(s->block + s->used, at, n);
        s->used += n;
        at += n;
        len -= n;
        if (s->used == 64) {
            mix(s, s->block);
            s->used = 0;
        }
    }
}

void
digest_add_str(struct digest_state *s, const char *text)
{
    if (text == NULL) {
        /* 0xff is no part of any UTF-8 text. */
        digest_add(s, "\xff", 2);
        return;
    }
    digest_add(s, text, strlen(text) + 1);
}

struct digest
digest_end(struct digest_state *s)
{
    uint64_t bits = s->total * 8;
    static const uint8_t padding[64] = {0x80};
    size_t room = s->used < 56 ? 56 - s->used : 120 - s->used;
    digest_add(s, padding, room);
    uint8_t tail[8];
    for (int i = 0; i < 8; i++) {
        tail[i] = (uint8_t)(bits >> (56 - 8 * i));
    }
    digest_add(s, tail, sizeof(tail));
    struct digest d;
    for (int i = 0; i < 32; i++) {
        d.bytes[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
    }
    return d;
}

int
digest_file(const char *path, struct digest *d, struct err *e)
{
    struct buf bytes = BUF_INIT;
    int status = file_read(path, &bytes, e);
    if (status == 0) {
        struct digest_state s;
        digest_start(&s);
        digest_add(&s, bytes.data, bytes.len);
        *d = digest_end(&s);
    }
    buf_dispose(&bytes);
    return status;
}

bool
digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void
digest_text(const struct digest *d, char text[DIGEST_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 32; i++) {
        text[2 * i] = digits[d->bytes[i] >> 4];
        text[2 * i + 1] = digits[d->bytes[i] & 15];
    }
    text[64] = '\0';
}
