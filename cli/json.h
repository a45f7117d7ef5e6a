/* json: JSON documents, read whole and written whole.
 *
 * Order, repeated names and the spelling of numbers are kept, and every value
 * knows where in its document it stood, so that a caller can replace one
 * value and leave each other byte alone. Reads hostile input: depth is
 * limited, nothing is guessed. Never touches the disk. One thread owns a
 * json.
 */
#ifndef COWBIRD_JSON_H
#define COWBIRD_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/buf.h"
#include "wire/err.h"

/* How deep arrays and objects may stand in one another. */
#define JSON_MAX_DEPTH 128

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json {
    enum json_type type;
    bool is_true;       /* JSON_BOOL */
    char *text;         /* JSON_STRING: its bytes; JSON_NUMBER: as spelled;
                           terminated */
    size_t len;         /* bytes in `text`; a string may hold NUL */
    char *name;         /* as a member of an object, else NULL; terminated */
    size_t name_len;
    struct json *items; /* of an array or object, in order */
    size_t count;
    size_t cap;
    size_t start, end;  /* bytes of the document read: [start, end) */
};

#define JSON_INIT {.type = JSON_NULL}

/* Fills `j` from a whole document. -1 and ERR_USAGE: the sentence begins with
 * "line L, column C: " (columns in bytes, from 1) and `j` is empty. Bytes
 * that are not UTF-8 are kept; a lone "\udcXX" is byte XX, as Python's
 * surrogateescape has it. */
int json_read(struct json *j, const char *text, size_t len, struct err *e);

/* The member `name` of an object (the last, when it is repeated); NULL when
 * there is none or `j` is no object. Borrowed. */
const struct json *json_get(const struct json *j, const char *name);
/* The text of a string member; NULL when it is absent, no string, or holds a
 * NUL. Borrowed. */
const char *json_get_str(const struct json *j, const char *name);

/* Adds a value at the end of an array (`name` NULL) or object and returns it,
 * borrowed until the next one is added beside it. */
struct json *json_put(struct json *parent, const char *name,
                      enum json_type type);
void json_put_str(struct json *parent, const char *name, const char *text);

/* Writes `j`, in several lines indented by two blanks a level when `margin`
 * is not NULL: then `margin` stands at the start of every line but the
 * first. The result is always valid UTF-8. */
void json_print(const struct json *j, const char *margin, struct buf *out);
/* One string with its quotes. */
void json_print_str(const char *text, size_t len, struct buf *out);

void json_dispose(struct json *j);

#endif
