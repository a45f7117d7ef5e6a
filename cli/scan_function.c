/* scan_function: one function's declaration: parameters, notes, comment, and
 * what is wrong with it. */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "scan_reader.h"

/* -- notes ---------------------------------------------------------------- */

/* cowbird.h's words reach libclang as annotations that begin with "cb:". */
static void
read_note(const struct clang *c, struct clang_cursor cursor,
          struct list *notes)
{
    static const char mark[] = "cb:";
    if (cursor.kind != CLANG_ANNOTATION) {
        return;
    }
    char *text = clang_take(c, c->getCursorSpelling(cursor));
    if (strncmp(text, mark, strlen(mark)) == 0) {
        list_add(notes, text + strlen(mark));
    }
    free(text);
}

const char *
note_find(const struct list *notes, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < notes->count; i++) {
        const char *note = notes->items[i];
        if (strncmp(note, word, len) == 0
            && (note[len] == ':' || note[len] == '\0'))
        {
            return note + len + (note[len] == ':');
        }
    }
    return NULL;
}

struct variable_notes {
    const struct clang *c;
    struct list notes;
};

static int
visit_variable(struct clang_cursor cursor, struct clang_cursor parent,
               void *data)
{
    struct variable_notes *v = data;
    (void)parent;
    read_note(v->c, cursor, &v->notes);
    return CLANG_CONTINUE;
}

/* Takes both. */
static void
add_exception(struct surface *s, char *name, char *base)
{
    s->exceptions = mem_resize(s->exceptions, s->exception_count + 1,
                               sizeof(*s->exceptions));
    s->exceptions[s->exception_count++] = (struct exception){name, base};
}

bool
scan_take_exception(struct scan_reader *r, struct clang_cursor cursor)
{
    if (r->c->Cursor_getStorageClass(cursor) != CLANG_STORAGE_EXTERN) {
        return false;
    }
    struct variable_notes v = {r->c, LIST_INIT};
    r->c->visitChildren(cursor, visit_variable, &v);
    const char *base = note_find(&v.notes, "exception");
    bool is_one = base != NULL && strncmp(base, "CB_", 3) == 0;
    if (is_one) {
        add_exception(r->s,
                      clang_take(r->c, r->c->getCursorSpelling(cursor)),
                      mem_copy_str(base));
    }
    list_dispose(&v.notes);
    return is_one;
}

/* -- functions ------------------------------------------------------------ */

struct inside {
    const struct scan_reader *r;
    struct function *f;
    unsigned body; /* where it begins; 0: not seen */
};

static int
visit_inside(struct clang_cursor cursor, struct clang_cursor parent,
             void *data)
{
    struct inside *in = data;
    const struct clang *c = in->r->c;
    (void)parent;
    if (cursor.kind == CLANG_COMPOUND && in->body == 0) {
        scan_is_here(in->r, c->getCursorLocation(cursor), &in->body, NULL);
    }
    size_t before = in->f->notes.count;
    read_note(c, cursor, &in->f->notes);
    if (in->f->notes.count > before
        && strcmp(in->f->notes.items[before], "faults") == 0)
    {
        scan_is_here(in->r, c->getCursorLocation(cursor), NULL,
                     &in->f->faults);
        in->f->faults.width = (unsigned)strlen("CB_FAULTS");
    }
    return CLANG_CONTINUE;
}

struct parameter_notes {
    const struct clang *c;
    struct list *notes;
};

static int
visit_parameter(struct clang_cursor cursor, struct clang_cursor parent,
                void *data)
{
    struct parameter_notes *to = data;
    (void)parent;
    read_note(to->c, cursor, to->notes);
    return CLANG_CONTINUE;
}

/* An error between the function's beginning and its body, or NULL. */
static const char *
error_in(const struct scan_reader *r, unsigned begin, unsigned end)
{
    for (size_t i = 0; i < r->error_count; i++) {
        if (r->errors[i].offset >= begin && r->errors[i].offset <= end) {
            return r->errors[i].words;
        }
    }
    return NULL;
}

static void
read_error(const struct scan_reader *r, struct function *f,
           struct clang_cursor cursor, unsigned body)
{
    const struct clang *c = r->c;
    struct clang_range extent = c->getCursorExtent(cursor);
    unsigned begin = 0, end = 0;
    scan_is_here(r, c->getRangeStart(extent), &begin, NULL);
    scan_is_here(r, c->getRangeEnd(extent), &end, NULL);
    const char *words = error_in(r, begin, body > 0 ? body : end);
    bool is_bad = words != NULL || c->isInvalidDeclaration(cursor);
    for (size_t i = 0; !is_bad && i < f->parameter_count; i++) {
        is_bad = c->isInvalidDeclaration(
            c->Cursor_getArgument(cursor, (unsigned)i));
    }
    if (is_bad) {
        f->error = mem_copy_str(words == NULL ? "its declaration holds an "
                                                "error"
                                              : words);
    }
}

/* libclang shows a parameter that is a function as it was written. */
static struct ctype
read_parameter_type(const struct clang *c, struct clang_cursor p)
{
    struct ctype read = scan_read_type(c, c->getCursorType(p));
    if (read.calling == NULL) {
        return read;
    }
    struct ctype out = {.shape = SHAPE_OTHER,
                        .spelling = mem_copy_str(read.spelling),
                        .to = mem_new(sizeof(*out.to))};
    *out.to = read;
    return out;
}

static void
read_parameters(struct scan_reader *r, struct function *f,
                struct clang_cursor cursor)
{
    const struct clang *c = r->c;
    int count = c->Cursor_getNumArguments(cursor);
    f->parameter_count = count > 0 ? (size_t)count : 0;
    f->parameters = mem_new((f->parameter_count + 1)
                            * sizeof(*f->parameters));
    for (size_t i = 0; i < f->parameter_count; i++) {
        struct clang_cursor p = c->Cursor_getArgument(cursor, (unsigned)i);
        struct parameter *to = &f->parameters[i];
        to->name = clang_take(c, c->getCursorSpelling(p));
        to->type = read_parameter_type(c, p);
        scan_take_type(r, &to->type, c->getCursorType(p));
        scan_is_here(r, c->getCursorLocation(p), NULL, &to->place);
        to->place.width = (unsigned)strlen(to->name);
        struct parameter_notes notes = {c, &to->notes};
        c->visitChildren(p, visit_parameter, &notes);
    }
}

char *
scan_read_comment(const struct clang *c, struct clang_cursor cursor)
{
    char *raw = clang_take(c, c->Cursor_getRawCommentText(cursor));
    char *words = comment_words(raw);
    free(raw);
    return words;
}

/* int f(a) int a; {…}: a semicolon before the body. libclang makes up a
 * prototype that the compiled function does not have. */
static bool
is_old_style(const struct scan_reader *r, struct clang_cursor cursor)
{
    struct clang_token *tokens = NULL;
    unsigned count = 0;
    bool is_old = false, is_over = false;
    r->c->tokenize(r->unit, r->c->getCursorExtent(cursor), &tokens, &count);
    for (unsigned i = 0; !is_over && i < count; i++) {
        char *text = clang_take(r->c,
                                r->c->getTokenSpelling(r->unit, tokens[i]));
        is_old = strcmp(text, ";") == 0;
        is_over = is_old || strcmp(text, "{") == 0;
        free(text);
    }
    if (tokens != NULL) {
        r->c->disposeTokens(r->unit, tokens, count);
    }
    return is_old;
}

void
scan_take_function(struct scan_reader *r, struct clang_cursor cursor)
{
    const struct clang *c = r->c;
    struct place place;
    char *name = clang_take(c, c->getCursorSpelling(cursor));
    if (c->getCursorLinkage(cursor) == CLANG_LINKAGE_INTERNAL) {
        list_add_taken(&r->s->locals, name);
        return;
    }
    if (!scan_is_here(r, c->getCursorLocation(cursor), NULL, &place)
        || !c->isCursorDefinition(cursor)
        || c->getCursorLinkage(cursor) != CLANG_LINKAGE_EXTERNAL
        || name[0] == '_')
    {
        free(name);
        return;
    }
    struct surface *s = r->s;
    s->functions = mem_resize(s->functions, s->function_count + 1,
                              sizeof(*s->functions));
    struct function *f = &s->functions[s->function_count++];
    struct clang_type type = c->getCursorType(cursor);
    *f = (struct function){.name = name, .place = place};
    f->place.width = (unsigned)strlen(name);
    f->doc = scan_read_comment(c, cursor);
    f->result = scan_read_type(c, c->getResultType(type));
    scan_take_type(r, &f->result, c->getResultType(type));
    /* int f() takes any arguments for C's sake, and none in truth */
    f->is_variadic = c->isFunctionTypeVariadic(type) != 0
                     && c->getCanonicalType(type).kind
                            != CLANG_TYPE_FUNCTION_NO_PROTO;
    f->is_inline = c->Cursor_isFunctionInlined(cursor)
                   && c->Cursor_getStorageClass(cursor)
                          != CLANG_STORAGE_EXTERN;
    read_parameters(r, f, cursor);
    f->is_old_style = f->parameter_count > 0 && is_old_style(r, cursor);
    struct inside in = {r, f, 0};
    c->visitChildren(cursor, visit_inside, &in);
    read_error(r, f, cursor, in.body);
    if (note_find(&f->notes, "faults") != NULL) {
        add_exception(s, mem_copy_str(FAULT_CLASS),
                      mem_copy_str("CB_RuntimeError"));
    }
}

void
scan_free_function(struct function *f)
{
    for (size_t i = 0; i < f->parameter_count; i++) {
        free(f->parameters[i].name);
        scan_free_type(&f->parameters[i].type);
        list_dispose(&f->parameters[i].notes);
    }
    list_dispose(&f->notes);
    free(f->parameters);
    free(f->name);
    free(f->doc);
    scan_free_type(&f->result);
    free(f->error);
}
