/* target: see target.h. */
#include "target.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "canary.h"
#include "file.h"
#include "guest.h"
#include "manifest.h"
#include "mem.h"

/* So many bad generations in a row can be gone back from. */
#define MOST_FORMER 16

int
target_init(struct target *t, const struct session *session,
            const struct toolchain *chain, struct python *python,
            struct err *e)
{
    *t = (struct target){.session = session};
    t->guest = guest_find(chain, python, e);
    if (t->guest == NULL) {
        return -1;
    }
    t->python = *python;
    *python = (struct python){.asked = NULL};
    return 0;
}

struct served *
target_find(const struct target *t, const char *name)
{
    for (size_t i = 0; i < t->served_count; i++) {
        if (strcmp(t->served[i]->module->name, name) == 0) {
            return t->served[i];
        }
    }
    return NULL;
}

struct served *
target_get(struct target *t, struct module *m)
{
    struct served *v = target_find(t, m->name);
    if (v == NULL) {
        t->served = mem_resize(t->served, t->served_count + 1,
                               sizeof(*t->served));
        v = t->served[t->served_count++] = mem_new(sizeof(*v));
        v->module = m;
    }
    return v;
}

static int
stage(struct target *t, struct served *v, const char *artefact,
      bool is_fresh, struct staged *out, struct err *e)
{
    struct image_file f = {.generation = ++v->last_number};
    char *folder = mem_format("%s/%s/%s", t->session->images,
                              t->python.soabi, v->module->name);
    int status = image_file_make(&f, folder, v->module->stem, artefact,
                                 is_fresh, e);
    free(folder);
    out->served = v;
    out->generation = f.generation;
    out->artefact = mem_copy_str(artefact);
    if (status < 0) {
        target_drop(out);
        return status;
    }
    out->image = mem_copy_str(f.path);
    v->on_disk = mem_resize(v->on_disk, v->on_disk_count + 1,
                            sizeof(*v->on_disk));
    v->on_disk[v->on_disk_count++] = f;
    return 0;
}

int
target_stage(struct target *t, struct served *v, const struct build *b,
             struct staged *out, struct err *e)
{
    *out = (struct staged){.served = NULL};
    out->key = b->key;
    out->content = b->content;
    out->compiler = mem_copy_str(b->compiler);
    return stage(t, v, b->artefact, b->pending != NULL, out, e);
}

int
target_stage_undo(struct target *t, struct served *v, struct staged *out,
                  struct err *e)
{
    *out = (struct staged){.served = NULL};
    if (v->former_count == 0) {
        return err_set(e, ERR_REFUSED,
                       "%s has no generation before this one",
                       v->module->name);
    }
    const struct former *last = &v->former[v->former_count - 1];
    out->compiler = mem_copy_str(last->compiler);
    out->key = last->key;
    out->is_undo = true;
    out->code_of = last->code_of;
    out->change = last->change;
    return stage(t, v, last->artefact, false, out, e);
}

static void
move(char **to, char **from)
{
    free(*to);
    *to = *from;
    *from = NULL;
}

static void
forget_refused(struct served *v)
{
    free(v->refused_artefact);
    free(v->refused_compiler);
    v->refused_artefact = NULL;
    v->refused_compiler = NULL;
}

void
target_mark_undone(struct served *v)
{
    v->is_undone = true;
    free(v->why);
    v->why = mem_format("gen %llu's code: undone; save its source to bring "
                        "the newer code back",
                        (unsigned long long)v->code_of);
}

void
target_mark_fallen(struct served *v)
{
    v->is_undone = false;
    v->has_fallen = true;
    free(v->why);
    v->why = mem_format("gen %llu's code: %s", (unsigned long long)v->code_of,
                        v->crash_words);
}

void
target_follow_source(struct served *v)
{
    v->is_undone = false;
    v->has_fallen = false;
    v->undone_group = 0;
    forget_refused(v);
}

void
target_refuse(struct staged *s)
{
    struct served *v = s->served;
    move(&v->refused_artefact, &s->artefact);
    move(&v->refused_compiler, &s->compiler);
    v->refused_key = s->key;
    v->refused_is_undo = s->is_undo;
    v->refused_code_of = s->code_of;
    v->refused_change = s->change;
    v->refused_group = s->group;
    target_drop(s);
}

int
target_promote(struct target *t, struct served *v, struct err *e)
{
    struct staged s = {.key = v->refused_key,
                       .compiler = mem_copy_str(v->refused_compiler),
                       .is_undo = v->refused_is_undo,
                       .code_of = v->refused_code_of,
                       .change = v->refused_change};
    uint64_t group = v->refused_group;
    bool is_undo = s.is_undo;
    if (stage(t, v, v->refused_artefact, false, &s, e) < 0) {
        return -1;
    }
    target_commit(t, &s);
    if (is_undo) {
        target_mark_undone(v);
        v->undone_group = group;
    }
    return 0;
}

static void
drop_former(struct served *v, size_t at)
{
    free(v->former[at].artefact);
    free(v->former[at].compiler);
    v->former_count--;
    memmove(&v->former[at], &v->former[at + 1],
            (v->former_count - at) * sizeof(*v->former));
}

/* What serves is about to be replaced; from what crashed no way leads on. */
static void
remember(struct served *v)
{
    if (v->artefact == NULL || condemned_has(v, &v->key, &v->content)) {
        return;
    }
    if (v->former_count == MOST_FORMER) {
        drop_former(v, 0);
    }
    v->former = mem_resize(v->former, v->former_count + 1,
                           sizeof(*v->former));
    v->former[v->former_count++] = (struct former){
        v->key, mem_copy_str(v->artefact), mem_copy_str(v->compiler),
        v->code_of, v->change};
}

static void
forget_same(struct served *v)
{
    for (size_t i = v->former_count; i-- > 0;) {
        if (digest_equal(&v->former[i].key, &v->key)) {
            drop_former(v, i);
        }
    }
}

void
target_commit(struct target *t, struct staged *s)
{
    struct served *v = s->served;
    (void)t;
    if (v->origin == NULL) {
        v->origin = mem_copy_str(s->artefact);
    }
    if (!s->is_tier && !s->is_undo) {
        remember(v);
    }
    move(&v->artefact, &s->artefact);
    move(&v->image, &s->image);
    move(&v->compiler, &s->compiler);
    v->key = s->key;
    v->content = s->content;
    forget_same(v);
    v->generation = s->generation;
    v->code_of = s->is_undo   ? s->code_of
                 : s->is_tier ? v->code_of
                              : target_live(v);
    if (!s->is_tier) {
        v->change = s->change;
    }
    if (s->is_undo) {
        forget_refused(v);
    }
    else if (!s->is_tier) {
        target_follow_source(v);
    }
    free(v->failure);
    v->failure = NULL;
    if (v->refused_artefact == NULL) {
        free(v->why);
        v->why = NULL;
    }
    *s = (struct staged){.served = NULL};
}

unsigned long long
target_live(const struct served *v)
{
    return target_shown(v, v->generation);
}

void
target_uncount(struct staged *s)
{
    struct served *v = s->served;
    v->tiers = mem_resize(v->tiers, v->tier_count + 1, sizeof(*v->tiers));
    v->tiers[v->tier_count++] = s->generation;
    s->is_tier = true;
}

uint64_t
target_shown(const struct served *v, uint64_t generation)
{
    uint64_t shown = generation;
    for (size_t i = 0; i < v->tier_count; i++) {
        shown -= v->tiers[i] <= generation;
    }
    return shown;
}

void
target_drop(struct staged *s)
{
    if (s->image != NULL) {
        unlink(s->image);
    }
    free(s->image);
    free(s->artefact);
    free(s->compiler);
    *s = (struct staged){.served = NULL};
}

void
target_condemn(struct served *v, const char *site)
{
    condemned_add(v, site);
    forget_same(v); /* its key may have been unknown when it went live */
}

static void
keep_failure(struct target *t, struct served *v, const char *text)
{
    char *path = mem_format("%s/%s.%s.txt", t->session->dir, v->module->name,
                            t->python.soabi);
    if (file_write(path, text, strlen(text), NULL) == 0) {
        free(v->failure);
        v->failure = mem_copy_str(path);
    }
    free(path);
}

void
target_bury(struct target *t, struct served *v, const char *text)
{
    forget_refused(v);
    free(v->artefact);
    free(v->image);
    free(v->compiler);
    v->artefact = NULL;
    v->image = NULL;
    v->compiler = NULL;
    v->generation = 0;
    v->has_fallen = true;
    keep_failure(t, v, text);
}

void
target_fail(struct target *t, struct served *v, const struct build *b,
            const char *root)
{
    struct buf text = BUF_INIT;
    diag_render(&b->diags, root, 0, &text);
    keep_failure(t, v, buf_text(&text));
    buf_dispose(&text);
}

int
target_write_manifest(const struct target *t, struct err *e)
{
    struct buf b = BUF_INIT;
    manifest_start(&b, true);
    manifest_add_guest(&b, t->guest);
    for (size_t i = 0; i < t->served_count; i++) {
        const struct served *v = t->served[i];
        if (v->generation > 0) {
            const struct manifest_module line
                = {.name = v->module->name, .stem = v->module->stem,
                   .image = v->image, .origin = v->origin,
                   .source = v->module->source,
                   .generation = v->generation, .shown = target_live(v),
                   .tier = target_tier_name(v->compiler)};
            manifest_add_module(&b, &line);
        }
        else if (v->failure != NULL) {
            manifest_add_failed(&b, v->module->name, v->failure,
                                v->module->source);
        }
    }
    int status = manifest_write(&b, t->session->dir, t->python.soabi, e);
    buf_dispose(&b);
    return status;
}

void
target_dispose(struct target *t)
{
    for (size_t i = 0; i < t->served_count; i++) {
        struct served *v = t->served[i];
        free(v->artefact);
        free(v->image);
        for (size_t k = 0; k < v->on_disk_count; k++) {
            free(v->on_disk[k].path);
        }
        free(v->on_disk);
        free(v->origin);
        free(v->compiler);
        while (v->former_count > 0) {
            drop_former(v, 0);
        }
        free(v->former);
        free(v->tiers);
        free(v->agreed);
        free(v->disagreed);
        condemned_dispose(v);
        diag_list_dispose(&v->warned);
        free(v->crash_words);
        forget_refused(v);
        free(v->failure);
        free(v->why);
        free(v);
    }
    canary_free(t->canary);
    free(t->served);
    free(t->guest);
    python_dispose(&t->python);
    *t = (struct target){.served = NULL};
}
