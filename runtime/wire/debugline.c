/* debugline: see debugline.h. The numbers are those of the DWARF 5 standard,
 * section 6.2. */
#include "wire/debugline.h"

#include "wire/debugcursor.h"

#define FORMATS_MAX 16
#define ADVANCE_LINE 3

/* One unit's program, and what stands before it. */
struct program {
    struct cursor code;
    struct cursor tables; /* folders, then files */
    unsigned version, word;
    unsigned step; /* bytes of the shortest instruction */
    int line_base;
    unsigned line_range, opcode_base;
    const uint8_t *operands; /* how many each standard operation has */
};

struct row {
    uint64_t address;
    uint64_t file, line;
};

/* -- names ---------------------------------------------------------------- */

struct format {
    uint64_t content, form;
};

struct entry {
    const char *name; /* borrowed from the file, or NULL */
    uint64_t folder;
};

static const char *
take_text(struct cursor *c)
{
    const char *text = (const char *)c->at;
    const uint8_t *end = memchr(c->at, '\0', (size_t)(c->end - c->at));
    skip(c, end == NULL ? UINT64_MAX : (uint64_t)(end - c->at) + 1);
    return end == NULL ? NULL : text;
}

static void
take_form(const struct debug *d, const struct program *p, struct cursor *c,
          const struct format *f, struct entry *e)
{
    const char *text = NULL;
    uint64_t number = 0;
    switch (f->form) {
    case 0x08: /* string */
        text = take_text(c);
        break;
    case 0x1f: /* line_strp */
        text = text_at(&d->line_strings, take(c, p->word));
        break;
    case 0x0e: /* strp */
        text = text_at(&d->strings, take(c, p->word));
        break;
    case 0x0b: /* data1 */
        number = take(c, 1);
        break;
    case 0x05: /* data2 */
        number = take(c, 2);
        break;
    case 0x06: /* data4 */
        number = take(c, 4);
        break;
    case 0x07: /* data8 */
        number = take(c, 8);
        break;
    case 0x0f: /* udata */
        number = take_leb(c, false);
        break;
    case 0x1e: /* data16 */
        skip(c, 16);
        break;
    case 0x09: /* block */
        skip(c, take_leb(c, false));
        break;
    default:
        c->is_bad = true;
    }
    if (f->content == 1) {
        e->name = text;
    }
    if (f->content == 2) {
        e->folder = number;
    }
}

/* Version 5: entry `index` of the table that begins here, or NULL; steps over
 * the table. */
static struct entry
take_table(const struct debug *d, const struct program *p, struct cursor *c,
           uint64_t index)
{
    struct format formats[FORMATS_MAX];
    struct entry found = {NULL, 0};
    size_t count = (size_t)take(c, 1);
    for (size_t i = 0; i < count; i++) {
        struct format *f = &formats[i < FORMATS_MAX ? i : 0];
        f->content = take_leb(c, false);
        f->form = take_leb(c, false);
    }
    uint64_t entries = take_leb(c, false);
    if (count > FORMATS_MAX || (count == 0 && entries > 0)) {
        c->is_bad = true;
    }
    for (uint64_t n = 0; n < entries && !c->is_bad; n++) {
        struct entry e = {NULL, 0};
        for (size_t i = 0; i < count; i++) {
            take_form(d, p, c, &formats[i], &e);
        }
        if (n == index && !c->is_bad) {
            found = e;
        }
    }
    return found;
}

/* Versions 2 to 4: both tables end with an empty name and count from 1. */
static struct entry
take_old_table(struct cursor *c, uint64_t index, bool is_files)
{
    struct entry found = {NULL, 0};
    for (uint64_t n = 1; !c->is_bad; n++) {
        struct entry e = {take_text(c), 0};
        if (e.name == NULL || e.name[0] == '\0') {
            break;
        }
        if (is_files) {
            e.folder = take_leb(c, false);
            (void)take_leb(c, false);
            (void)take_leb(c, false);
        }
        if (n == index) {
            found = e;
        }
    }
    return found;
}

/* The tables stand with folders first, and a file says its folder: so they
 * are read twice. */
static bool
name_file(const struct debug *d, const struct program *p, uint64_t file,
          char *to, size_t room)
{
    struct cursor folders = p->tables;
    struct cursor files = p->tables;
    struct entry folder, e;
    if (p->version >= 5) {
        (void)take_table(d, p, &files, UINT64_MAX);
        e = take_table(d, p, &files, file);
        folder = take_table(d, p, &folders, e.folder);
    }
    else {
        (void)take_old_table(&files, UINT64_MAX, false);
        e = take_old_table(&files, file, true);
        folder = take_old_table(&folders, e.folder, false);
    }
    if (e.name == NULL) {
        return false;
    }
    size_t len = strlen(e.name);
    size_t before = e.name[0] == '/' || folder.name == NULL
                        ? 0
                        : strlen(folder.name) + 1;
    if (before + len >= room) {
        return false;
    }
    if (before > 0) {
        memcpy(to, folder.name, before - 1);
        to[before - 1] = '/';
    }
    memcpy(to + before, e.name, len + 1);
    return true;
}

/* -- programs ------------------------------------------------------------- */

/* Where the next unit's begins is where `c` stands afterwards. False: there
 * is none that can be read; `p` may be skipped all the same while `c` has
 * bytes left. */
static bool
take_program(struct cursor *c, struct program *p)
{
    memset(p, 0, sizeof(*p));
    p->word = 4;
    uint64_t len = take(c, 4);
    if (len == 0xffffffff) {
        p->word = 8;
        len = take(c, 8);
    }
    struct cursor in = *c;
    skip(c, len);
    if (c->is_bad) {
        return false;
    }
    in.end = c->at;
    p->version = (unsigned)take(&in, 2);
    if (p->version < 2 || p->version > 5) {
        return false;
    }
    if (p->version >= 5) {
        skip(&in, 2); /* sizes of addresses and of segments */
    }
    uint64_t header = take(&in, p->word);
    p->code = in;
    skip(&p->code, header);
    p->step = (unsigned)take(&in, 1);
    skip(&in, p->version >= 4 ? 2 : 1); /* is_stmt, operations a word */
    p->line_base = (int8_t)take(&in, 1);
    p->line_range = (unsigned)take(&in, 1);
    p->opcode_base = (unsigned)take(&in, 1);
    p->operands = in.at;
    skip(&in, p->opcode_base > 0 ? p->opcode_base - 1 : 0);
    p->tables = in;
    return !in.is_bad && !p->code.is_bad && p->line_range > 0
           && p->opcode_base > 0;
}

/* What one operation makes of the row; whether it ends one, or all. */
enum step { STEP_ON, STEP_ROW, STEP_END };

static enum step
take_extended(struct program *p, struct row *r)
{
    struct cursor in = p->code;
    uint64_t len = take_leb(&in, false);
    p->code = in;
    skip(&p->code, len);
    uint64_t operation = len > 0 ? take(&in, 1) : 0;
    if (operation == 2 && len >= 2 && len <= 9) {
        r->address = take(&in, (unsigned)len - 1);
    }
    return operation == 1 ? STEP_END : STEP_ON;
}

static enum step
take_standard(struct program *p, struct row *r, unsigned operation)
{
    struct cursor *c = &p->code;
    switch (operation) {
    case 1: /* copy */
        return STEP_ROW;
    case 2: /* advance_pc */
        r->address += take_leb(c, false) * p->step;
        break;
    case ADVANCE_LINE:
        r->line += take_leb(c, true);
        break;
    case 4: /* set_file */
        r->file = take_leb(c, false);
        break;
    case 8: /* const_add_pc */
        r->address += (255 - p->opcode_base) / p->line_range * p->step;
        break;
    case 9: /* fixed_advance_pc */
        r->address += take(c, 2);
        break;
    default:
        for (unsigned i = 0; i < p->operands[operation - 1]; i++) {
            (void)take_leb(c, false);
        }
    }
    return STEP_ON;
}

static enum step
take_step(struct program *p, struct row *r)
{
    unsigned operation = (unsigned)take(&p->code, 1);
    if (operation == 0) {
        return take_extended(p, r);
    }
    if (operation < p->opcode_base) {
        return take_standard(p, r, operation);
    }
    unsigned more = operation - p->opcode_base;
    r->address += more / p->line_range * p->step;
    r->line += (uint64_t)(p->line_base + (int)(more % p->line_range));
    return STEP_ROW;
}

/* The row that `address` belongs to lies between two of one sequence. One
 * from 0 on is of code that the linker has left out. */
static bool
find_row(struct program *p, uint64_t address, struct row *found)
{
    static const struct row first = {0, 1, 1};
    struct row now = first;
    struct row before = first;
    bool has_before = false;
    while (p->code.at < p->code.end && !p->code.is_bad) {
        enum step step = take_step(p, &now);
        if (step == STEP_ON) {
            continue;
        }
        if (has_before && before.address > 0 && before.address <= address
            && address < now.address)
        {
            *found = before;
            return true;
        }
        has_before = step == STEP_ROW;
        before = now;
        now = step == STEP_END ? first : now;
    }
    return false;
}

bool
debug_line(const struct debug *d, uint64_t address,
           struct debug_place *place)
{
    struct cursor c = cursor_at(&d->lines, 0);
    struct program p;
    struct row row;
    while (c.at < c.end) {
        if (take_program(&c, &p) && find_row(&p, address, &row)) {
            place->line = (unsigned)row.line;
            return row.line > 0
                   && name_file(d, &p, row.file, place->file,
                                sizeof(place->file));
        }
    }
    return false;
}

/* -- from line to line ---------------------------------------------------- */

static bool
follow(struct program *p,
       bool (*each)(void *data, const struct debug_way *way), void *data)
{
    static const struct row first = {0, 1, 1};
    struct row now = first;
    bool goes_on = true;
    while (goes_on && p->code.at < p->code.end && !p->code.is_bad) {
        const uint8_t *at = p->code.at;
        uint64_t from = now.line;
        enum step step = take_step(p, &now);
        if (*at == ADVANCE_LINE && ADVANCE_LINE < p->opcode_base) {
            const struct debug_way way
                = {at + 1, (size_t)(p->code.at - at) - 1, from, now.line};
            goes_on = each(data, &way);
        }
        now = step == STEP_END ? first : now;
    }
    return goes_on && !p->code.is_bad;
}

bool
debug_line_ways(const struct debug *d,
                bool (*each)(void *data, const struct debug_way *way),
                void *data)
{
    struct cursor c = cursor_at(&d->lines, 0);
    struct program p;
    bool is_good = true;
    while (is_good && c.at < c.end) {
        is_good = take_program(&c, &p) && follow(&p, each, data);
    }
    return is_good;
}
