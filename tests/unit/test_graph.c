/* graph: which files are modules, and what a save makes dirty. */
#include "graph.h"

#include <unistd.h>

#include "check.h"
#include "config.h"
#include "file.h"
#include "folder.h"

#define INIT(name) "PyMODINIT_FUNC PyInit_" name "(void) { return 0; }\n"

static char *
names(const struct graph *g)
{
    struct list l = LIST_INIT;
    for (size_t i = 0; i < g->module_count; i++) {
        if (!g->modules[i]->is_gone) {
            list_add(&l, g->modules[i]->name);
        }
    }
    char *text = list_join(&l, " ");
    list_dispose(&l);
    return text;
}

static void
scan(struct graph *g, const char *root, const struct config *c)
{
    struct list roots = LIST_INIT;
    struct err e = ERR_INIT;
    list_add(&roots, root);
    if (graph_scan(g, &roots, c, &e) < 0) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    list_dispose(&roots);
}

static void
check_names(const struct graph *g, const char *want)
{
    char *got = names(g);
    CHECK_STR(got, want);
    free(got);
}

static void
modules_are_named_by_their_path(void)
{
    char *dir = folder_new();
    folder_put(dir, "a.c", INIT("a"));
    folder_put(dir, "pkg/_speed.cpp", INIT("_speed"));
    folder_put(dir, "pkg/deep/x.cc", INIT("x"));
    folder_put(dir, "plain.c", "#include <cowbird.h>\nint f(int);\n");
    folder_put(dir, "plain2.cpp", "#include <cowbird.h>\n");
    folder_put(dir, "helper.c", "int helper(void) { return 1; }\n");
    folder_put(dir, "wrong.c", INIT("other"));
    folder_put(dir, "src/lib/__init__.py", "");
    folder_put(dir, "src/lib/y.c", INIT("y"));
    struct graph g;
    graph_init(&g);
    scan(&g, dir, NULL);
    check_names(&g, "a lib.y pkg._speed pkg.deep.x plain");
    CHECK(graph_find(&g, "plain")->kind == MODULE_PLAIN);
    CHECK(graph_find(&g, "a")->kind == MODULE_RAW);
    CHECK(graph_find(&g, "pkg._speed")->is_cxx);
    CHECK_STR(graph_find(&g, "pkg._speed")->stem, "_speed");
    CHECK(g.warnings.count == 1); /* of wrong.c */
    graph_dispose(&g);
    folder_free(dir);
}

static void
what_the_contract_skips_is_skipped(void)
{
    char *dir = folder_new();
    const char *const skipped[]
        = {".git/m.c",          "__pycache__/m.c", "node_modules/m.c",
           "build/m.c",         "dist/m.c",        "env/lib/m.c",
           "x/site-packages/m.c", ".m.c",          "kept/objects/m.c"};
    char *kept = path_join(dir, "kept"); /* cowbird's cache */
    setenv("COWBIRD_CACHE_DIR", kept, 1);
    free(kept);
    for (size_t i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++) {
        folder_put(dir, skipped[i], INIT("m"));
    }
    folder_put(dir, "env/pyvenv.cfg", "");
    folder_put(dir, "src/m.c", INIT("m"));
    struct graph g;
    graph_init(&g);
    scan(&g, dir, NULL);
    check_names(&g, "src.m");
    for (size_t i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++) {
        char *path = path_join(dir, skipped[i]);
        CHECK(!graph_is_interesting(&g, path));
        free(path);
    }
    const char *const seen[] = {"src/m.c", "src/h.hpp", "new/a.py",
                                "newfolder", "src"};
    for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
        char *path = path_join(dir, seen[i]);
        CHECK(graph_is_interesting(&g, path));
        free(path);
    }
    const char *const noise[] = {"src/.m.c.swp", "src/m.c~", "src/4913",
                                 "src/#m.c#", "src/m.c.1.AbCdEf.tmp",
                                 "build", "a.txt"};
    for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
        char *path = path_join(dir, noise[i]);
        CHECK(!graph_is_interesting(&g, path));
        free(path);
    }
    graph_dispose(&g);
    folder_free(dir);
}

static void
links_are_followed_and_circles_end(void)
{
    char *dir = folder_new();
    char *other = folder_new();
    folder_put(other, "far.c", INIT("far"));
    folder_put(other, "one.c", INIT("one"));
    folder_put(dir, "pkg/a.c", INIT("a"));
    char *up = path_join(dir, "pkg/up");
    char *far = path_join(dir, "linked");
    char *one = path_join(dir, "one.c");
    char *target = path_join(other, "one.c");
    CHECK(symlink("..", up) == 0 && symlink(other, far) == 0
          && symlink(target, one) == 0);
    struct graph g;
    graph_init(&g);
    scan(&g, dir, NULL);
    check_names(&g, "linked.far linked.one one pkg.a");
    CHECK(list_has(&g.folders, other));
    free(up);
    free(far);
    free(one);
    free(target);
    graph_dispose(&g);
    folder_free(dir);
    folder_free(other);
}

static void
names_that_clash_are_warned_of(void)
{
    char *dir = folder_new();
    folder_put(dir, "a.c", INIT("a"));
    folder_put(dir, "a.cpp", INIT("a"));
    folder_put(dir, "a.py", "");
    folder_put(dir, "a.cpython-311-x86_64-linux-gnu.so", "");
    folder_put(dir, "my-app/b.c", INIT("b"));
    folder_put(dir, "c.c", INIT("d"));
    struct graph g;
    graph_init(&g);
    scan(&g, dir, NULL);
    check_names(&g, "a my-app.b");
    list_sort(&g.warnings);
    char *all = list_join(&g.warnings, "\n");
    CHECK_STR(all,
              "c.c makes no module: its init function is PyInit_d, and a "
              "module is called as its file is (rename the one or the "
              "other)\n"
              "module 'a' comes from a.c, so a.cpython-311-x86_64-linux-"
              "gnu.so beside it is not imported\n"
              "module 'a' comes from a.c, so a.py beside it is not "
              "imported\n"
              "my-app/b.c: 'my-app' is no Python name, so no import reaches "
              "the module (rename it, or make its folder a --compile-path)\n"
              "two sources make the module 'a': a.c is used, a.cpp is not");
    free(all);
    graph_dispose(&g);
    folder_free(dir);
}

static void
configured_modules_claim_their_sources(void)
{
    char *dir = folder_new();
    folder_put(dir, "native/util.c", "int util(void) { return 1; }\n");
    folder_put(dir, "native/fast.c", INIT("fast"));
    struct config_module cm = {.name = (char *)"pkg.fast"};
    list_add(&cm.sources, "native/util.c");
    list_add(&cm.sources, "native/fast.c");
    list_add(&cm.include_dirs, "native/include");
    struct config c = {.root = dir, .modules = &cm, .module_count = 1};
    struct graph g;
    graph_init(&g);
    scan(&g, dir, &c);
    check_names(&g, "pkg.fast");
    struct module *m = g.modules[0];
    CHECK(m->kind == MODULE_RAW && m->sources.count == 2);
    CHECK_STR(path_base(m->source), "fast.c");
    CHECK_STR(path_base(m->sources.items[1]), "util.c");
    CHECK(path_is_below(m->includes.items[0], dir));
    list_dispose(&cm.sources);
    list_dispose(&cm.include_dirs);
    graph_dispose(&g);
    folder_free(dir);
}

static void
a_deleted_source_is_gone_and_comes_back(void)
{
    char *dir = folder_new();
    char *path = folder_write(dir, "a.c", INIT("a"));
    struct graph g;
    graph_init(&g);
    scan(&g, dir, NULL);
    struct module *m = graph_find(&g, "a");
    CHECK(unlink(path) == 0);
    scan(&g, dir, NULL);
    CHECK(graph_find(&g, "a") == m && m->is_gone);
    folder_put(dir, "a.c", INIT("a"));
    scan(&g, dir, NULL);
    CHECK(graph_find(&g, "a") == m && !m->is_gone);
    free(path);
    graph_dispose(&g);
    folder_free(dir);
}

static void
a_root_that_went_away_is_empty_until_it_comes_back(void)
{
    char *dir = folder_new();
    char *root = path_join(dir, "root");
    folder_put(dir, "root/a.c", INIT("a"));
    struct graph g;
    graph_init(&g);
    scan(&g, root, NULL);
    CHECK(file_remove_tree(root, NULL) == 0);
    scan(&g, root, NULL);
    check_names(&g, "");
    CHECK(g.roots.count == 1 && graph_find(&g, "a")->is_gone);
    folder_put(dir, "root/a.c", INIT("a"));
    scan(&g, root, NULL);
    check_names(&g, "a");
    graph_dispose(&g);
    free(root);
    folder_free(dir);
}

static void
a_link_that_points_elsewhere_now_makes_dirty(void)
{
    char *dir = folder_new();
    char *link = path_join(dir, "root/a.c");
    folder_put(dir, "one.c", INIT("a"));
    folder_put(dir, "two.c", INIT("a") "int x;\n");
    folder_put(dir, "root/b.c", INIT("b"));
    CHECK(symlink("../one.c", link) == 0);
    char *root = path_join(dir, "root");
    struct graph g;
    graph_init(&g);
    scan(&g, root, NULL);
    graph_read_all(&g);
    struct list paths = LIST_INIT;
    struct module_set dirty = {NULL, 0, 0};
    struct module_set same = {NULL, 0, 0};
    list_add(&paths, link);
    for (int i = 0; i < 2; i++) {
        CHECK(unlink(link) == 0);
        CHECK(symlink(i == 0 ? "../two.c" : "../one.c", link) == 0);
        dirty.count = same.count = 0;
        graph_refresh(&g, i == 0 ? &paths : NULL, &dirty, &same);
        CHECK(dirty.count == 1 && strcmp(dirty.items[0]->name, "a") == 0);
        CHECK(same.count == (size_t)i);
        dirty.count = same.count = 0;
        graph_refresh(&g, &paths, &dirty, &same);
        CHECK(dirty.count == 0 && same.count == 1);
    }
    list_dispose(&paths);
    module_set_dispose(&dirty);
    module_set_dispose(&same);
    graph_dispose(&g);
    free(link);
    free(root);
    folder_free(dir);
}

/* A header that a build was the first to name is read after the compiler has
 * read it: what was saved in between would look like no change. */
static void
what_changed_while_it_was_built_is_dirty_at_its_event(void)
{
    char *dir = folder_new();
    char *h = folder_write(dir, "h.h", "#define H 2\n");
    folder_put(dir, "a.c", INIT("a"));
    struct graph g;
    graph_init(&g);
    scan(&g, dir, NULL);
    graph_read_all(&g);
    struct module *m = graph_find(&g, "a");
    struct list paths = LIST_INIT;
    struct module_set dirty = {NULL, 0, 0};
    struct module_set same = {NULL, 0, 0};
    list_add(&paths, h);
    graph_set_headers(&g, m, &paths);
    graph_doubt(m);
    graph_refresh(&g, &paths, &dirty, &same);
    CHECK(dirty.count == 1 && same.count == 0);
    dirty.count = 0;
    graph_refresh(&g, &paths, &dirty, &same);
    CHECK(dirty.count == 0 && same.count == 1);
    list_dispose(&paths);
    module_set_dispose(&dirty);
    module_set_dispose(&same);
    graph_dispose(&g);
    free(h);
    folder_free(dir);
}

static void
only_changed_content_makes_dirty(void)
{
    char *dir = folder_new();
    char *a = folder_write(dir, "a.c", INIT("a"));
    char *h = folder_write(dir, "h.h", "#define H 1\n");
    char *early = path_join(dir, "early/h.h");
    folder_put(dir, "b.c", INIT("b"));
    struct graph g;
    graph_init(&g);
    scan(&g, dir, NULL);
    graph_read_all(&g);
    struct list headers = LIST_INIT;
    list_add(&headers, h);
    list_add(&headers, early);
    graph_set_headers(&g, graph_find(&g, "a"), &headers);
    struct list paths = LIST_INIT;
    list_add(&paths, a);
    list_add(&paths, h);
    struct module_set dirty = {NULL, 0, 0};
    struct module_set same = {NULL, 0, 0};
    graph_refresh(&g, &paths, &dirty, &same);
    CHECK(dirty.count == 0 && same.count == 1);

    folder_put(dir, "h.h", "#define H 2\n");
    same.count = 0;
    graph_refresh(&g, &paths, &dirty, &same);
    CHECK(dirty.count == 1 && same.count == 0);
    CHECK_STR(dirty.items[0]->name, "a");

    dirty.count = 0;
    list_clear(&paths);
    list_add(&paths, early);
    folder_put(dir, "early/h.h", "#define H 3\n");
    graph_refresh(&g, &paths, &dirty, &same);
    CHECK(dirty.count == 1 && same.count == 0);

    dirty.count = 0;
    CHECK(unlink(h) == 0);
    folder_put(dir, "b.c", INIT("b") "int x;\n");
    graph_refresh(&g, NULL, &dirty, &same);
    CHECK(dirty.count == 2 && same.count == 0);
    list_dispose(&paths);
    list_dispose(&headers);
    module_set_dispose(&dirty);
    module_set_dispose(&same);
    free(a);
    free(h);
    free(early);
    graph_dispose(&g);
    folder_free(dir);
}

static void
a_missing_compile_path_is_an_error(void)
{
    struct list roots = LIST_INIT;
    list_add(&roots, "/nowhere/at/all");
    struct graph g;
    graph_init(&g);
    struct err e = ERR_INIT;
    CHECK(graph_scan(&g, &roots, NULL, &e) < 0);
    CHECK(e.code == ERR_USAGE);
    CHECK_STR(e.text, "compile path /nowhere/at/all is not there");
    list_dispose(&roots);
    graph_dispose(&g);
}

static void
a_place_where_a_header_could_be_is_not_shared(void)
{
    char *dir = folder_new();
    folder_put(dir, "a.c", INIT("a"));
    folder_put(dir, "b.c", INIT("b"));
    struct graph g;
    graph_init(&g);
    scan(&g, dir, NULL);
    char *h = path_join(dir, "both.h");
    struct list headers = LIST_INIT;
    list_add(&headers, h);
    graph_set_headers(&g, graph_find(&g, "a"), &headers);
    graph_set_headers(&g, graph_find(&g, "b"), &headers);
    CHECK(!module_shares_header(graph_find(&g, "a"), graph_find(&g, "b")));
    folder_put(dir, "both.h", "");
    CHECK(module_shares_header(graph_find(&g, "a"), graph_find(&g, "b")));
    list_dispose(&headers);
    free(h);
    graph_dispose(&g);
    folder_free(dir);
}

int
main(void)
{
    RUN(modules_are_named_by_their_path);
    RUN(what_the_contract_skips_is_skipped);
    RUN(links_are_followed_and_circles_end);
    RUN(names_that_clash_are_warned_of);
    RUN(configured_modules_claim_their_sources);
    RUN(a_deleted_source_is_gone_and_comes_back);
    RUN(a_root_that_went_away_is_empty_until_it_comes_back);
    RUN(a_link_that_points_elsewhere_now_makes_dirty);
    RUN(what_changed_while_it_was_built_is_dirty_at_its_event);
    RUN(only_changed_content_makes_dirty);
    RUN(a_missing_compile_path_is_an_error);
    RUN(a_place_where_a_header_could_be_is_not_shared);
    return 0;
}
