/* settle: see settle.h.
 *
 * The concerns, as they pull in different directions:
 *   at once    a rename or a close of one file is a whole save: a person waits
 *   together   "save all", a checkout or a formatter touch many files; half
 *              of them would not compile: the more files, the longer the gap
 *   whole      an editor that truncates and writes has an empty file between:
 *              an unclosed file is never taken for finished while it is open
 *   back soon  a backup by rename removes the name for a moment
 *   again      a writer that reopens the file per chunk closes it many times:
 *              a file handed on a moment ago waits for silence
 *   never lost what is not complete stays for the next change; too much to
 *              remember becomes "everything"
 */
#include "settle.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "table.h"
#include "watch.h"

#define MS ((int64_t)1000000)
/* More names than this in one change are "everything". */
#define NAMES_MAX 16384

enum state { OPEN, COMPLETE, GONE };

struct file {
    enum state state;
    bool is_again; /* handed on a moment ago, and written again */
    bool is_whole; /* renamed into its place: nobody writes it any more */
    int64_t first_ns;
    int64_t last_ns;
};

struct settle {
    struct table files;  /* path → struct file, owned */
    struct table handed; /* paths of the last change → a non-NULL pointer */
    int64_t handed_ns;
    bool is_everything;
    int64_t first_ns; /* of what is under way */
    int64_t ready_ns; /* when the first of it was complete */
    int64_t last_ns;
    int64_t last_gone_ns;
    int64_t look_ns; /* when to look at the open ones */
    size_t open_count;
    size_t gone_count;
    size_t again_count;
    size_t whole_count;
    int64_t quiet_ns;
    settle_look_fn look;
    void *data; /* for look; borrowed */
};

/* Names that editors and tools make beside a file while they save it. */
static const struct {
    const char *start;
    const char *end;
} temporary[] = {
    {".#", ""},               /* emacs: lock, a dangling link */
    {"#", "#"},               /* emacs: auto-save */
    {"", "~"},                /* backups of emacs, vim, gedit, kate */
    {".", ".swp"},            /* vim */
    {".", ".swo"},
    {".", ".swx"},
    {".", ".swpx"},
    {"", ".kate-swp"},
    {"", ".tmp"},             /* atomic writers, ours too */
    {"", ".temp"},
    {"", ".bak"},
    {"", ".orig"},            /* patch, git mergetool */
    {"", ".rej"},
    {"", ".part"},
    {"", ".crdownload"},
    {"", ".lock"},
    {"", "___jb_tmp___"},     /* JetBrains: safe write */
    {"", "___jb_old___"},
    {".goutputstream-", ""},  /* GIO: gedit and friends */
    {".~lock.", "#"},
    {".nfs", ""},             /* a deleted file that somebody has open */
    {".fuse_hidden", ""},
    {"._", ""},               /* macOS, on foreign disks */
};

static bool
is_all(const char *text, const char *of)
{
    return text[0] != '\0' && text[strspn(text, of)] == '\0';
}

bool
settle_is_temporary(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < sizeof(temporary) / sizeof(temporary[0]); i++) {
        size_t start = strlen(temporary[i].start);
        size_t end = strlen(temporary[i].end);
        if (len > start && len >= start + end
            && strncmp(name, temporary[i].start, start) == 0
            && strcmp(name + len - end, temporary[i].end) == 0)
        {
            return true;
        }
    }
    /* vim tries whether it may write a folder with 4913 and what follows;
     * sed -i and perl -i write to sedXXXXXX. */
    return is_all(name, "0123456789")
           || (len == 9 && strncmp(name, "sed", 3) == 0
               && strchr(name, '.') == NULL)
           || strcmp(name, ".DS_Store") == 0;
}

struct settle *
settle_new(int quiet_ms, settle_look_fn look, void *data)
{
    struct settle *s = mem_new(sizeof(*s));
    s->quiet_ns = (quiet_ms > 0 ? quiet_ms : SETTLE_QUIET_MS) * MS;
    s->look = look;
    s->data = data;
    return s;
}

static void
count(struct settle *s, const struct file *f, size_t step)
{
    s->open_count += f->state == OPEN ? step : 0;
    s->gone_count += f->state == GONE ? step : 0;
    s->again_count += f->is_again ? step : 0;
    s->whole_count += f->is_whole ? step : 0;
}

static void
forget_files(struct settle *s)
{
    size_t at = 0;
    const struct table_slot *slot;
    while ((slot = table_next(&s->files, &at)) != NULL) {
        free(slot->value);
    }
    table_clear(&s->files);
    s->open_count = s->gone_count = s->again_count = s->whole_count = 0;
}

static bool
is_idle(const struct settle *s)
{
    return s->files.count == 0 && !s->is_everything;
}

static bool
was_handed_lately(const struct settle *s, const char *path, int64_t now)
{
    return now - s->handed_ns < s->quiet_ns
           && table_get(&s->handed, path) != NULL;
}

static void
set_state(struct settle *s, struct file *f, enum state state, int64_t now)
{
    bool had_complete = s->files.count > s->open_count;
    count(s, f, (size_t)-1);
    f->state = state;
    f->is_whole = false;
    count(s, f, 1);
    if (!had_complete && state != OPEN) {
        s->ready_ns = now;
    }
}

static struct file *
file_at(struct settle *s, const char *path, int64_t now)
{
    struct file *f = table_get(&s->files, path);
    if (f == NULL) {
        f = mem_new(sizeof(*f));
        *f = (struct file){.state = OPEN, .first_ns = now};
        table_set(&s->files, path, f);
        count(s, f, 1);
    }
    return f;
}

void
settle_note(struct settle *s, const char *path, enum settle_what what)
{
    int64_t now = clock_now_ns();
    bool is_late = was_handed_lately(s, path, now);
    /* Editors set mode and times around a save: that is part of it. */
    if (what == SETTLE_TOUCHED
        && (is_late || table_get(&s->files, path) != NULL))
    {
        return;
    }
    if (s->files.count >= NAMES_MAX) {
        settle_note_everything(s);
    }
    if (is_idle(s)) {
        s->first_ns = now;
    }
    s->last_ns = now;
    if (s->is_everything) {
        return;
    }
    struct file *f = file_at(s, path, now);
    f->last_ns = now;
    if (what == SETTLE_CLOSED && is_late && !f->is_again) {
        f->is_again = true;
        s->again_count++;
    }
    if (what == SETTLE_WRITING) {
        set_state(s, f, OPEN, now);
        s->look_ns = now + s->quiet_ns;
    }
    else if (what == SETTLE_GONE) {
        set_state(s, f, GONE, now);
        s->last_gone_ns = now;
    }
    else {
        set_state(s, f, COMPLETE, now);
        f->is_whole = what == SETTLE_REPLACED;
        s->whole_count += f->is_whole;
    }
}

void
settle_note_everything(struct settle *s)
{
    int64_t now = clock_now_ns();
    if (is_idle(s)) {
        s->first_ns = now;
    }
    s->last_ns = now;
    s->is_everything = true;
    forget_files(s);
}

static int64_t
later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t
sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t
settle_due_ns(const struct settle *s)
{
    if (is_idle(s)) {
        return -1;
    }
    size_t complete = s->files.count - s->open_count;
    if (complete == 0 && !s->is_everything) {
        return s->look_ns;
    }
    /* One file that a rename completed is a whole save; another that comes
     * after all cancels the compile and joins. */
    size_t waited_for = s->files.count - (s->whole_count == s->files.count);
    int64_t gap = sooner((int64_t)waited_for * SETTLE_GAP_MS * MS,
                         s->quiet_ns);
    if (s->again_count > 0 || s->is_everything) {
        gap = s->quiet_ns;
    }
    int64_t due = s->last_ns + gap;
    int64_t limit = s->first_ns + SETTLE_LIMIT_MS * MS;
    if (s->gone_count > 0) {
        due = later(due, s->last_gone_ns + s->quiet_ns);
    }
    if (s->open_count > 0) {
        due = later(due, s->look_ns);
        limit = s->ready_ns + SETTLE_TOGETHER_MS * MS;
    }
    return sooner(due, limit);
}

/* Those that turn out to be closed, or that somebody keeps open for good,
 * are complete; the others are looked at again later. */
static void
look_at_open(struct settle *s, int64_t now)
{
    bool is_soon = false;
    size_t at = 0;
    const struct table_slot *slot;
    while ((slot = table_next(&s->files, &at)) != NULL) {
        struct file *f = slot->value;
        if (f->state != OPEN) {
            continue;
        }
        enum settle_look look = s->look(s->data, slot->key);
        bool is_old = now - f->last_ns >= SETTLE_LIMIT_MS * MS;
        if (look == LOOK_CLOSED || (look == LOOK_OPEN && is_old)) {
            set_state(s, f, COMPLETE, now);
        }
        else {
            is_soon = is_soon || !is_old;
        }
    }
    s->look_ns = now + (is_soon ? s->quiet_ns : SETTLE_LIMIT_MS * MS);
}

static void
hand_on(struct settle *s, struct change *change)
{
    *change = (struct change){.is_everything = s->is_everything,
                              .saved_ns = s->first_ns};
    int64_t first_left = INT64_MAX;
    int64_t first_handed = INT64_MAX;
    size_t at = 0;
    const struct table_slot *slot;
    while ((slot = table_next(&s->files, &at)) != NULL) {
        const struct file *f = slot->value;
        if (f->state == OPEN) {
            first_left = sooner(first_left, f->first_ns);
            continue;
        }
        first_handed = sooner(first_handed, f->first_ns);
        list_add(&change->paths, slot->key);
    }
    if (first_handed != INT64_MAX) {
        change->saved_ns = first_handed;
    }
    s->first_ns = first_left;
    list_sort(&change->paths);
}

static void
forget_handed(struct settle *s, const struct change *change)
{
    table_clear(&s->handed);
    for (size_t i = 0; i < change->paths.count; i++) {
        const char *path = change->paths.items[i];
        struct file *f = table_remove(&s->files, path);
        count(s, f, (size_t)-1);
        free(f);
        table_set(&s->handed, path, s);
    }
    s->is_everything = false;
}

bool
settle_take(struct settle *s, struct change *change)
{
    int64_t now = clock_now_ns();
    if (is_idle(s) || now < settle_due_ns(s)) {
        return false;
    }
    if (s->open_count > 0 && now >= s->look_ns) {
        look_at_open(s, now);
        if (now < settle_due_ns(s)) {
            return false;
        }
    }
    if (s->files.count == s->open_count && !s->is_everything) {
        return false;
    }
    hand_on(s, change);
    forget_handed(s, change);
    s->handed_ns = now;
    return true;
}

void
settle_free(struct settle *s)
{
    if (s == NULL) {
        return;
    }
    forget_files(s);
    table_dispose(&s->files);
    table_dispose(&s->handed);
    free(s);
}
