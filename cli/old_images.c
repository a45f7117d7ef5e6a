/* old_images: what workers keep of earlier generations, and why; and the files
 * on disk that no worker can need any more. See dev.h.
 */
#include "dev.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json_write.h"
#include "mem.h"
#include "report.h"

/* An image takes about five mappings, of which Linux gives a process 65,530,
 * and some tens of kilobytes. */
#define OLD_IMAGES_MAX 200

static bool
is_held(const struct dev *d, const struct target *t, const char *name,
        uint64_t generation)
{
    for (const struct peer *p = peers_next(d->peers, NULL); p != NULL;
         p = peers_next(d->peers, p))
    {
        if (!p->is_worker || strcmp(p->soabi, t->python.soabi) != 0) {
            continue;
        }
        const struct peer_module *m = peer_module(p, name);
        if (m != NULL && (m->generation == generation
                          || m->asked == generation))
        {
            return true;
        }
        for (size_t i = 0; i < p->image_count; i++) {
            if (p->images[i].generation == generation
                && strcmp(p->images[i].name, name) == 0)
            {
                return true;
            }
        }
    }
    return false;
}

/* The generation before the live one stays: somebody may just be importing
 * it. */
static void
sweep(const struct dev *d, const struct target *t, struct served *v)
{
    size_t left = 0;
    for (size_t i = 0; i < v->on_disk_count; i++) {
        struct image_file *f = &v->on_disk[i];
        if (f->generation + 1 >= v->generation
            || is_held(d, t, v->module->name, f->generation))
        {
            v->on_disk[left++] = *f;
        }
        else {
            image_file_remove(f);
        }
    }
    v->on_disk_count = left;
}

void
old_images_take(void *data, struct peer *p)
{
    struct dev *d = data;
    struct target *t = workers_target(d, p->soabi);
    for (size_t i = 0; t != NULL && i < t->served_count; i++) {
        sweep(d, t, t->served[i]);
    }
    if (p->image_count <= OLD_IMAGES_MAX) {
        p->is_full = false;
        return;
    }
    if (!p->is_full) {
        const struct peer_image *i = &p->images[p->image_count - 1];
        p->is_full = true;
        report_warning("worker %ld keeps the code of %zu old generations in "
                       "memory (%s gen %llu: %s); restart it to free them",
                       p->pid, p->image_count, i->name,
                       workers_shown(d, p, i->name, i->generation),
                       i->why[0] == '\0' ? "not looked at yet" : i->why);
    }
}

void
old_images_add_text(const struct dev *d, struct buf *b, const struct peer *p)
{
    for (size_t i = 0; i < p->image_count; i++) {
        const struct peer_image *image = &p->images[i];
        if (image->why[0] != '\0') {
            buf_add_fmt(b, "    keeps %s gen %llu%s: %s\n", image->name,
                        workers_shown(d, p, image->name, image->generation),
                        image->is_pinned ? " for ever" : "", image->why);
        }
    }
}

void
old_images_add_json(const struct dev *d, struct buf *b, const struct peer *p)
{
    buf_add_fmt(b,
                "\"unloaded\": %llu, \"look_held_us\": %.1f, "
                "\"look_worked_us\": %.1f, \"look_preempted\": %llu, "
                "\"kept\": [",
                (unsigned long long)p->unloaded,
                (double)p->look_holds.held_ns / 1e3,
                (double)p->look_holds.worked_ns / 1e3,
                (unsigned long long)p->look_holds.preempted);
    for (size_t i = 0; i < p->image_count; i++) {
        const struct peer_image *image = &p->images[i];
        buf_add_str(b, i > 0 ? ", {\"module\": " : "{\"module\": ");
        json_add_str(b, image->name);
        buf_add_fmt(b, ", \"generation\": %llu, \"for_ever\": %s, \"why\": ",
                    workers_shown(d, p, image->name, image->generation),
                    image->is_pinned ? "true" : "false");
        json_add_str(b, image->why);
        buf_add_str(b, "}");
    }
    buf_add_str(b, "], ");
}
