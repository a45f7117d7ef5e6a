/* watch_poll: folders watched by looking again and again, as raw events: for
 * where inotify is blind or used up.
 *
 * Owns a snapshot of each folder's wanted names and one timer; reads folders
 * and inodes, never files. Runs in the loop's thread and takes at most a
 * twentieth of it.
 */
#include "watch_raw.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "table.h"

#define MS ((int64_t)1000000)
#define ROUND_MS 250
#define ROUND_MAX_MS 5000
/* The pause between two rounds, in rounds. */
#define PAUSE 20
/* A folder changed this recently may change again without a new mtime. */
#define RACY_MS 2500

struct seen {
    int64_t mtime_ns;
    int64_t ctime_ns;
    int64_t size;
    uint64_t inode;
    unsigned mode;
    unsigned round; /* the last that found the name */
};

struct polled {
    int id;
    char *path;
    struct seen self;
    struct table names; /* → struct seen, owned */
};

/* What a round saw; told when the round is over, as the sink may add and
 * remove folders. */
struct sighting {
    int folder;
    enum raw_kind kind;
    bool is_dir;
    char *name;
};

struct watch_poll {
    struct loop *loop; /* borrowed */
    struct raw_sink sink;
    struct polled **folders;
    size_t count;
    int last_id;
    unsigned timer;
    unsigned round;
    struct sighting *sightings;
    size_t sighting_count;
};

static const struct {
    long type;
    const char *name;
} blind[] = {
    {0x6969, "nfs"},          {0x517B, "smb"},
    {0xFE534D42, "smb"},      {0xFF534D42, "cifs"},
    {0x65735546, "fuse"},     {0x01021997, "9p"},
    {0x5346414F, "afs"},      {0x73757245, "coda"},
    {0x564C, "ncp"},          {0x786F4256, "vboxsf"},
    {0x00C36400, "ceph"},     {0x0BD00BD0, "lustre"},
    {0x7C7C6673, "prl_fs"},   {0xBACBACBC, "vmhgfs"},
    {0x47504653, "gpfs"},     {0x19830326, "fhgfs"},
    {0x01161970, "gfs2"},     {0x7461636F, "ocfs2"},
};

const char *
watch_blind_name(long type)
{
    for (size_t i = 0; i < sizeof(blind) / sizeof(blind[0]); i++) {
        if ((uint32_t)type == (uint32_t)blind[i].type) {
            return blind[i].name;
        }
    }
    return NULL;
}

static int64_t
ns_of(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct seen
seen_of(const struct stat *st, unsigned round)
{
    return (struct seen){ns_of(st->st_mtim), ns_of(st->st_ctim),
                         (int64_t)st->st_size, st->st_ino, st->st_mode,
                         round};
}

static bool
is_racy(const struct seen *self)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age = ns_of(now) - self->mtime_ns;
    return age < RACY_MS * MS; /* also when it lies in the future */
}

static void
sight(struct watch_poll *p, const struct polled *f, enum raw_kind kind,
      unsigned mode, const char *name)
{
    p->sightings = mem_resize(p->sightings, p->sighting_count + 1,
                              sizeof(*p->sightings));
    p->sightings[p->sighting_count++] = (struct sighting){
        f->id, kind, S_ISDIR(mode), mem_copy_str(name)};
}

/* Compares a name with what was seen last, and remembers. */
static void
compare(struct watch_poll *p, struct polled *f, const char *name,
        const struct stat *st, bool is_first)
{
    struct seen now = seen_of(st, p->round);
    struct seen *old = table_get(&f->names, name);
    if (old == NULL) {
        old = mem_new(sizeof(*old));
        table_set(&f->names, name, old);
        if (!is_first) {
            sight(p, f, RAW_CAME, now.mode, name);
        }
    }
    else if (S_ISDIR(old->mode) || S_ISDIR(now.mode)) {
        if (old->inode != now.inode
            || S_ISDIR(old->mode) != S_ISDIR(now.mode))
        {
            sight(p, f, RAW_WENT, old->mode, name);
            sight(p, f, RAW_CAME, now.mode, name);
        }
    }
    else if (old->mtime_ns != now.mtime_ns || old->size != now.size
             || old->inode != now.inode)
    {
        sight(p, f, RAW_WRITTEN, now.mode, name);
    }
    else if (old->ctime_ns != now.ctime_ns || old->mode != now.mode) {
        sight(p, f, RAW_TOUCHED, now.mode, name);
    }
    *old = now;
}

/* Links are followed: a link is what it points to. */
static void
list_names(struct watch_poll *p, struct polled *f, bool is_first)
{
    DIR *dir = opendir(f->path);
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
            continue;
        }
        bool is_plain = entry->d_type == DT_REG || entry->d_type == DT_DIR;
        struct stat st;
        if ((is_plain
             && !p->sink.wants(p->sink.data, f->id, name,
                               entry->d_type == DT_DIR))
            || fstatat(dirfd(dir), name, &st, 0) < 0
            || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
            || (!is_plain
                && !p->sink.wants(p->sink.data, f->id, name,
                                  S_ISDIR(st.st_mode))))
        {
            continue;
        }
        compare(p, f, name, &st, is_first);
    }
    if (dir != NULL) {
        closedir(dir);
    }
}

/* The names that are known, without reading the folder. */
static void
look_at_names(struct watch_poll *p, struct polled *f, int fd)
{
    size_t at = 0;
    const struct table_slot *slot;
    while ((slot = table_next(&f->names, &at)) != NULL) {
        struct stat st;
        if (fstatat(fd, slot->key, &st, 0) == 0
            && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
        {
            compare(p, f, slot->key, &st, false);
        }
    }
}

static void
drop_missing(struct watch_poll *p, struct polled *f)
{
    size_t first = p->sighting_count;
    size_t at = 0;
    const struct table_slot *slot;
    while ((slot = table_next(&f->names, &at)) != NULL) {
        const struct seen *seen = slot->value;
        if (seen->round != p->round) {
            sight(p, f, RAW_WENT, seen->mode, slot->key);
        }
    }
    for (size_t i = first; i < p->sighting_count; i++) {
        free(table_remove(&f->names, p->sightings[i].name));
    }
}

static void
look_at(struct watch_poll *p, struct polled *f)
{
    struct stat st;
    int fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_ino != f->self.inode) {
        sight(p, f, RAW_LOST, S_IFDIR, "");
    }
    else {
        struct seen self = seen_of(&st, p->round);
        if (self.mtime_ns != f->self.mtime_ns || is_racy(&self)) {
            list_names(p, f, false);
        }
        else {
            look_at_names(p, f, fd);
        }
        f->self = self;
        drop_missing(p, f);
    }
    if (fd >= 0) {
        close(fd);
    }
}

static void
tell(struct watch_poll *p)
{
    struct sighting *all = p->sightings;
    size_t count = p->sighting_count;
    p->sightings = NULL;
    p->sighting_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct raw raw = {all[i].folder, all[i].kind, all[i].is_dir,
                          all[i].name};
        p->sink.take(p->sink.data, &raw);
        free(all[i].name);
    }
    free(all);
    if (count > 0) {
        p->sink.rest(p->sink.data);
    }
}

static void look_round(void *data);

static void
set_timer(struct watch_poll *p, int64_t took_ns)
{
    int64_t pause = took_ns * PAUSE;
    pause = pause < ROUND_MS * MS ? ROUND_MS * MS : pause;
    pause = pause > ROUND_MAX_MS * MS ? ROUND_MAX_MS * MS : pause;
    loop_remove_timer(p->loop, p->timer);
    p->timer = p->count == 0
                   ? 0
                   : loop_add_timer(p->loop, clock_now_ns() + pause,
                                    look_round, p);
}

static void
look_round(void *data)
{
    struct watch_poll *p = data;
    int64_t start = clock_now_ns();
    p->round++;
    for (size_t i = 0; i < p->count; i++) {
        look_at(p, p->folders[i]);
    }
    set_timer(p, clock_now_ns() - start);
    tell(p);
}

struct watch_poll *
watch_poll_new(struct loop *loop, const struct raw_sink *sink)
{
    struct watch_poll *p = mem_new(sizeof(*p));
    p->loop = loop;
    p->sink = *sink;
    p->last_id = -1;
    return p;
}

int
watch_poll_add(struct watch_poll *p, const char *path)
{
    struct polled *f = mem_new(sizeof(*f));
    f->id = --p->last_id;
    f->path = mem_copy_str(path);
    struct stat st;
    if (stat(path, &st) == 0) {
        f->self = seen_of(&st, p->round);
    }
    p->folders = mem_resize(p->folders, p->count + 1, sizeof(*p->folders));
    p->folders[p->count++] = f;
    if (p->timer == 0) {
        set_timer(p, 0);
    }
    return f->id;
}

void
watch_poll_begin(struct watch_poll *p, int id)
{
    for (size_t i = p->count; i-- > 0;) { /* mostly the last */
        if (p->folders[i]->id == id) {
            list_names(p, p->folders[i], true);
            return;
        }
    }
}

static void
free_polled(struct polled *f)
{
    size_t at = 0;
    const struct table_slot *slot;
    while ((slot = table_next(&f->names, &at)) != NULL) {
        free(slot->value);
    }
    table_dispose(&f->names);
    free(f->path);
    free(f);
}

void
watch_poll_remove(struct watch_poll *p, int id)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->folders[i]->id == id) {
            free_polled(p->folders[i]);
            p->folders[i] = p->folders[--p->count];
            return;
        }
    }
}

void
watch_poll_free(struct watch_poll *p)
{
    if (p == NULL) {
        return;
    }
    loop_remove_timer(p->loop, p->timer);
    for (size_t i = 0; i < p->count; i++) {
        free_polled(p->folders[i]);
    }
    free(p->folders);
    free(p);
}
