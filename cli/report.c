/* report: see report.h. Here: the streams, and every line for people. What
 * programs read instead is written by report_json.
 *
 * Each block goes out in one write, so that the app's own output on the same
 * terminal falls between our lines and never inside one. For the same reason
 * nothing is repainted: the line above may be the app's by now. A stream that
 * is gone is ignored; the app matters more than our words.
 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "path.h"
#include "report_json.h"
#include "term.h"
#include "utf8.h"

enum {
    MOST_ERRORS = 5,      /* shown of one event; the rest is counted */
    LABEL_INDENT = 6,     /* of "= note:" below an event */
    WIDEST_SUBJECT = 24,  /* columns a subject may claim for its column */
};

/* The colours by name, in the order of `enum color`. */
enum color { PLAIN, RED, GREEN, YELLOW, CYAN, DIM, BOLD, COLORS };

static const char *const escapes[COLORS] = {
    "", "\033[1;31m", "\033[1;32m", "\033[1;33m", "\033[1;36m", "\033[2m",
    "\033[1m",
};

/* gcc's own colours. */
static const struct diag_style colored_diags = {
    {"\033[1;36m", "\033[1;35m", "\033[1;31m"},
    "\033[1m",
    "\033[1;36m",
    "\033[32m",
    "\033[0m",
};

static struct {
    bool is_set_up;
    enum report_level level;
    bool is_mute; /* JSON stands in the place of our speech */
    bool is_colored;
    bool is_utf8;
    const char *root; /* borrowed; NULL: paths as they are */
    size_t subject_width;
    char *last; /* the event said last, without stamp and count */
    unsigned repeats;
} state;

/* Before report_init too something can go wrong that must be said. */
static void
set_up(void)
{
    if (!state.is_set_up) {
        state.is_set_up = true;
        state.is_colored = term_wants_color(STDERR_FILENO);
        state.is_utf8 = term_is_utf8();
        state.subject_width = 7;
    }
}

/* Says one block on stderr and empties it. */
static void
say(struct buf *block)
{
    if (state.is_utf8) {
        term_write(STDERR_FILENO, buf_text(block), block->len);
    }
    else {
        struct buf ascii = BUF_INIT;
        utf8_add_ascii(&ascii, buf_text(block), block->len);
        term_write(STDERR_FILENO, buf_text(&ascii), ascii.len);
        buf_dispose(&ascii);
    }
    buf_dispose(block);
}

static const char *
on(enum color color)
{
    return state.is_colored ? escapes[color] : "";
}

static const char *
off(void)
{
    return state.is_colored ? "\033[0m" : "";
}

static const struct diag_style *
style(void)
{
    return state.is_colored ? &colored_diags : &diag_plain;
}

/* `text` without what could harm a terminal, and at least `width` columns
 * wide. */
static void
add_padded(struct buf *out, const char *text, size_t width)
{
    size_t columns = utf8_columns(text, strlen(text));
    utf8_add_clean(out, text, strlen(text));
    if (columns < width) {
        buf_add_fmt(out, "%*s", (int)(width - columns), "");
    }
}

int
report_init(const struct report_options *o, struct err *e)
{
    set_up();
    state.level = o->level;
    state.root = o->root;
    state.is_colored = o->color == COLOR_ALWAYS
                       || (o->color == COLOR_AUTO
                           && term_wants_color(STDERR_FILENO));
    state.is_mute = o->json_path != NULL && strcmp(o->json_path, "-") == 0;
    if (state.is_mute) {
        /* Colour is for people. */
        state.is_colored = false;
    }
    return report_json_open(o->json_path, e);
}

void
report_dispose(void)
{
    report_json_close();
    free(state.last);
    memset(&state, 0, sizeof(state));
}

bool
report_is_verbose(void)
{
    return state.level == REPORT_VERBOSE;
}

void
report_set_root(const char *root)
{
    state.root = root;
}

const char *
report_shown(const char *path)
{
    return state.root == NULL ? path : path_below(path, state.root);
}

static const struct {
    const char *name;
    enum color color;
} verbs[] = {
#define X(id, name, color) [id] = {name, color},
    REPORT_VERBS(X)
#undef X
};

/* Whether -q lets it through. */
static bool
is_failure(enum report_verb verb)
{
    return verb == VERB_ERROR || verb == VERB_REFUSED
           || verb == VERB_CRASHED || verb == VERB_LATE;
}

/* Beside an error most warnings are its consequences ("control reaches end of
 * non-void function"), so they wait until the code builds, or for -v. The
 * items are borrowed. `above` counts the errors that were seen. */
static struct diag_list
choose_shown(const struct report_event *event, size_t *above)
{
    const struct diag_list *all = event->diags;
    struct diag_list kept = DIAG_LIST_INIT;
    bool has_errors = diag_first_error(all) != NULL;
    bool is_kept = true;
    *above = 0;
    for (size_t i = 0; i < all->count; i++) {
        const struct diag *d = &all->items[i];
        if (!d->is_child) {
            bool is_seen = event->seen != NULL && diag_has(event->seen, d);
            *above += is_seen && d->severity == DIAG_ERROR;
            is_kept = !is_seen
                      && (!has_errors || d->severity == DIAG_ERROR
                          || state.level == REPORT_VERBOSE);
        }
        if (is_kept) {
            *diag_add(&kept) = *d;
        }
    }
    return kept;
}

static void
add_diags(struct buf *out, const struct report_event *event)
{
    size_t above = 0;
    struct diag_list shown = choose_shown(event, &above);
    diag_render_styled(&shown, state.root, MOST_ERRORS, style(), out);
    free(shown.items);
    if (above > 0) {
        char *note = mem_format(above == 1 ? "the error is shown above"
                                           : "%zu errors are shown above",
                                above);
        diag_add_label(out, LABEL_INDENT, "note", note, style());
        free(note);
    }
}

static void
add_body(struct buf *out, const struct report_event *event)
{
    if (event->diags != NULL) {
        add_diags(out, event);
    }
    if (event->note != NULL) {
        diag_add_label(out, LABEL_INDENT, "note", event->note, style());
    }
    if (event->help != NULL) {
        diag_add_label(out, LABEL_INDENT, "help", event->help, style());
    }
    if (event->serves != NULL) {
        utf8_add_clean(out, event->serves, strlen(event->serves));
        buf_add(out, "\n", 1);
    }
}

/* How often the same was said in a row, this time included. */
static unsigned
count_repeat(const struct report_event *event, const struct buf *body)
{
    char *now = mem_format("%s\n%s\n%s\n%s", verbs[event->verb].name,
                           event->subject, event->text, buf_text(body));
    bool is_repeat = state.last != NULL && strcmp(state.last, now) == 0;
    state.repeats = is_repeat ? state.repeats + 1 : 1;
    free(state.last);
    state.last = now;
    return state.repeats;
}

static void
add_stamped(struct buf *out, const struct report_event *event,
            unsigned repeats)
{
    char stamp[9];
    clock_wall(stamp);
    size_t columns = utf8_columns(event->subject, strlen(event->subject));
    if (columns > state.subject_width && columns <= WIDEST_SUBJECT) {
        state.subject_width = columns;
    }
    buf_add_fmt(out, "%s%s%s  %s%-7s%s  ", on(DIM), stamp, off(),
                on(verbs[event->verb].color), verbs[event->verb].name,
                off());
    add_padded(out, event->subject, state.subject_width);
    buf_add_str(out, "  ");
    utf8_add_clean(out, event->text, strlen(event->text));
    if (repeats > 1) {
        buf_add_fmt(out, " %s(x%u)%s", on(DIM), repeats, off());
    }
    buf_add(out, "\n", 1);
}

/* The event for people. */
static void
say_event(const struct report_event *event)
{
    bool is_detail = event->verb == VERB_TIER;
    if (state.is_mute || (is_detail && state.level != REPORT_VERBOSE)
        || (state.level == REPORT_QUIET && !is_failure(event->verb)))
    {
        return;
    }
    struct buf body = BUF_INIT;
    add_body(&body, event);
    struct buf block = BUF_INIT;
    add_stamped(&block, event, count_repeat(event, &body));
    buf_add(&block, buf_text(&body), body.len);
    buf_dispose(&body);
    say(&block);
}

void
report_event(const struct report_event *event)
{
    set_up();
    struct report_event whole = *event;
    whole.subject = event->subject == NULL ? "" : event->subject;
    whole.text = event->text == NULL ? "" : event->text;
    /* People first: a program that sees the event may ask for the words. */
    say_event(&whole);
    report_json_event(&whole, verbs[event->verb].name);
}

/* Other speech ends a row of repeats: "(x2)" would point at the wrong
 * line. */
static void
end_repeats(void)
{
    free(state.last);
    state.last = NULL;
}

static void
say_setup(const char *verb, const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0) {
        return;
    }
    report_json_line("setup", verb, text, NULL);
    if (!state.is_mute && state.level > REPORT_QUIET) {
        struct buf line = BUF_INIT;
        buf_add_fmt(&line, "  %s", on(BOLD));
        add_padded(&line, verb, 6);
        buf_add_fmt(&line, "%s  ", off());
        utf8_add_clean(&line, text, strlen(text));
        buf_add(&line, "\n", 1);
        end_repeats();
        say(&line);
    }
    free(text);
}

void
report_setup(const char *verb, const char *format, ...)
{
    set_up();
    va_list args;
    va_start(args, format);
    say_setup(verb, format, args);
    va_end(args);
}

void
report_detail(const char *verb, const char *format, ...)
{
    set_up();
    if (state.level != REPORT_VERBOSE) {
        return;
    }
    va_list args;
    va_start(args, format);
    say_setup(verb, format, args);
    va_end(args);
}

/* "error: <sentence>" and a "  = help:" for each line of `help`. */
static void
say_headed(enum color color, const char *word, const char *text,
           const char *help)
{
    if (state.is_mute) {
        return;
    }
    struct buf block = BUF_INIT;
    buf_add_fmt(&block, "%s%s:%s ", on(color), word, off());
    utf8_add_clean(&block, text, strlen(text));
    buf_add(&block, "\n", 1);
    while (help != NULL && help[0] != '\0') {
        size_t len = strcspn(help, "\n");
        char *line = mem_copy_range(help, len);
        diag_add_label(&block, 2, "help", line, style());
        free(line);
        help += len;
        help += help[0] == '\n';
    }
    end_repeats();
    say(&block);
}

void
report_error(const struct err *e, const char *help)
{
    set_up();
    report_json_line("error", NULL, e->text, help);
    say_headed(RED, "error", e->text, help);
}

void
report_warning(const char *format, ...)
{
    set_up();
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) {
        return;
    }
    report_json_line("warning", NULL, text, NULL);
    if (state.level > REPORT_QUIET) {
        say_headed(YELLOW, "warning", text, NULL);
    }
    free(text);
}

void
report_diags(const struct diag_list *diags)
{
    set_up();
    report_json_diags(diags);
    if (state.is_mute || diags->count == 0) {
        return;
    }
    struct buf block = BUF_INIT;
    diag_render_styled(diags, state.root, 0, style(), &block);
    end_repeats();
    say(&block);
}

void
report_health(enum report_health health, const char *subject,
              const char *text, const char *fix)
{
    static const struct {
        const char *word;
        enum color color;
    } words[] = {{"ok", GREEN}, {"warn", YELLOW}, {"fail", RED}};
    set_up();
    report_json_health(words[health].word, subject, text, fix);
    if (state.is_mute
        || (state.level == REPORT_QUIET && health == HEALTH_OK))
    {
        return;
    }
    struct buf block = BUF_INIT;
    buf_add_fmt(&block, "  %s%-4s%s  ", on(words[health].color),
                words[health].word, off());
    add_padded(&block, subject, 10);
    buf_add_str(&block, "  ");
    utf8_add_clean(&block, text, strlen(text));
    buf_add(&block, "\n", 1);
    if (fix != NULL) {
        buf_add_str(&block, "        fix: ");
        utf8_add_clean(&block, fix, strlen(fix));
        buf_add(&block, "\n", 1);
    }
    end_repeats();
    say(&block);
}

void
report_result(const char *text)
{
    term_write(STDOUT_FILENO, text, strlen(text));
    term_write(STDOUT_FILENO, "\n", 1);
}

void
report_text(bool is_result, const char *text)
{
    set_up();
    if (is_result) {
        term_write(STDOUT_FILENO, text, strlen(text));
        return;
    }
    if (!state.is_mute) {
        struct buf block = BUF_INIT;
        buf_add_str(&block, text);
        end_repeats();
        say(&block);
    }
}
