/* A todo list in SQLite, through its own C library.
 *
 * A store is an object in Python: closed by `with`, by close(), or when
 * nobody holds it any more. One connection serves all threads: each call
 * takes its lock, and none holds Python's.
 */
#include <cowbird.h>
#include <sqlite3.h>
#include <stdlib.h>

typedef struct store store;

struct store {
    sqlite3 *db;
};

/* Takes the lock; NULL has raised what SQLite says, and the calls below take
 * it without harm. */
static sqlite3_stmt *
begin(store *s, const char *sql)
{
    sqlite3_stmt *query = NULL;
    sqlite3_mutex_enter(sqlite3_db_mutex(s->db));
    if (sqlite3_prepare_v2(s->db, sql, -1, &query, NULL) != SQLITE_OK) {
        cb_raise(CB_RuntimeError, "%s", sqlite3_errmsg(s->db));
    }
    return query;
}

/* One step: SQLITE_ROW, SQLITE_DONE, or what was raised. */
static int
step(store *s, sqlite3_stmt *query)
{
    int code = sqlite3_step(query);
    if (query != NULL && code != SQLITE_ROW && code != SQLITE_DONE) {
        cb_raise(CB_RuntimeError, "%s", sqlite3_errmsg(s->db));
    }
    return code;
}

static void
end(store *s, sqlite3_stmt *query)
{
    sqlite3_finalize(query);
    sqlite3_mutex_leave(sqlite3_db_mutex(s->db));
}

/* Ends a store; calls that are under way in other threads keep it open. */
CB_CLOSES void
store_close(store *s)
{
    sqlite3_close(s->db);
    free(s);
}

/* The store in a file, which is made when it is not there. */
CB_NOGIL store *
store_open(const char *path)
{
    static const char schema[]
        = "CREATE TABLE IF NOT EXISTS todo(id INTEGER PRIMARY KEY, "
          "title TEXT NOT NULL, done INTEGER DEFAULT 0)";
    store *s = calloc(1, sizeof(*s));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                | SQLITE_OPEN_FULLMUTEX;
    if (s == NULL) {
        cb_raise(CB_MemoryError, "no memory for a store");
        return NULL;
    }
    if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK
        || sqlite3_busy_timeout(s->db, 5000) != SQLITE_OK
        || sqlite3_exec(s->db, schema, NULL, NULL, NULL) != SQLITE_OK)
    {
        cb_raise(CB_OSError, "%s: %s", path, sqlite3_errmsg(s->db));
        store_close(s);
        return NULL;
    }
    return s;
}

/* Adds one and returns its number. */
CB_NOGIL int64_t
store_add(store *s, const char *title)
{
    int64_t number = 0;
    if (title[0] == '\0') {
        return cb_raise(CB_ValueError, "a todo needs a title");
    }
    sqlite3_stmt *query = begin(s, "INSERT INTO todo(title) VALUES (?)");
    sqlite3_bind_text(query, 1, title, -1, SQLITE_STATIC);
    if (step(s, query) == SQLITE_DONE) {
        number = sqlite3_last_insert_rowid(s->db);
    }
    end(s, query);
    return number;
}

/* Marks one as done; KeyError when there is none of this number. */
CB_NOGIL void
store_finish(store *s, int64_t number)
{
    sqlite3_stmt *query = begin(s, "UPDATE todo SET done = 1 WHERE id = ?");
    sqlite3_bind_int64(query, 1, number);
    if (step(s, query) == SQLITE_DONE && sqlite3_changes(s->db) == 0) {
        cb_raise(CB_KeyError, "no todo %lld", (long long)number);
    }
    end(s, query);
}

/* All of them as JSON, oldest first. */
CB_NOGIL CB_OWNED_BY(sqlite3_free) char *
store_list(store *s, CB_DEFAULT(false) bool only_open)
{
    char *text = NULL;
    sqlite3_stmt *query = begin(
        s, "SELECT json_group_array(json_object('id', id, 'title', title, "
           "'done', json(iif(done, 'true', 'false')))) FROM "
           "(SELECT * FROM todo WHERE NOT (done AND ?) ORDER BY id)");
    sqlite3_bind_int(query, 1, only_open);
    if (step(s, query) == SQLITE_ROW) {
        text = sqlite3_mprintf("%s", sqlite3_column_text(query, 0));
    }
    end(s, query);
    return text;
}
