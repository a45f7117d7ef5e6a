/* Which names `new` takes, and what it writes, replaces and leaves. */
#include "check.h"

#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"
#include "path.h"
#include "python.h"
#include "scaffold.h"
#include "template.h"

static char root[] = "/tmp/cowbird-scaffold-XXXXXX";
static struct python python;

static void
check_name(const char *word, const char *module, const char *below)
{
    struct scaffold s;
    struct buf help = BUF_INIT;
    struct err e = ERR_INIT;
    CHECK(scaffold_plan(&s, word, root, &help, &e) == 0);
    CHECK_STR(s.module, module);
    CHECK_STR(path_below(s.source, root), below);
    char *stem = path_stem(s.source);
    CHECK_STR(s.stem, stem);
    free(stem);
    scaffold_dispose(&s);
    buf_dispose(&help);
}

static void
check_bad_name(const char *word, const char *sentence, const char *wanted)
{
    struct scaffold s;
    struct buf help = BUF_INIT;
    struct err e = ERR_INIT;
    CHECK(scaffold_plan(&s, word, root, &help, &e) == -1);
    CHECK(e.code == ERR_USAGE);
    CHECK_STR(e.text, sentence);
    CHECK_STR(buf_text(&help), wanted);
    scaffold_dispose(&s);
    buf_dispose(&help);
}

static void
put(const char *name, const char *text)
{
    struct err e = ERR_INIT;
    char *path = path_join(root, name);
    char *dir = path_dir(path);
    CHECK(path_make_dirs(dir, 0755, &e) == 0);
    CHECK(file_write(path, text, strlen(text), &e) == 0);
    free(dir);
    free(path);
}

static void
a_name_stands_with_or_without_suffix_dotted_or_with_folders(void)
{
    check_name("scoring", "scoring", "scoring.c");
    check_name("scoring.c", "scoring", "scoring.c");
    check_name("./scoring.c", "scoring", "scoring.c");
    check_name("pkg._fast", "pkg._fast", "pkg/_fast.c");
    check_name("pkg/_fast", "pkg._fast", "pkg/_fast.c");
    check_name("a/b.d.c", "a.b.d", "a/b/d.c");
    check_name("match", "match", "match.c");
}

static void
src_is_no_package_when_it_only_holds_some(void)
{
    check_name("src/web/_fast", "src.web._fast", "src/web/_fast.c");
    put("src/web/__init__.py", "");
    check_name("src/web/_fast", "web._fast", "src/web/_fast.c");
    check_name("src/_fast", "src._fast", "src/_fast.c");
    put("src/__init__.py", "");
    check_name("src/web/_fast", "src.web._fast", "src/web/_fast.c");
}

static void
a_word_that_is_no_name_is_refused_with_what_would_be(void)
{
    check_bad_name("my-mod",
                   "'my-mod' can be no module: letters, digits and '_', no "
                   "digit first",
                   "did you mean 'my_mod'?");
    check_bad_name("3d",
                   "'3d' can be no module: letters, digits and '_', no digit "
                   "first",
                   "did you mean '_3d'?");
    check_bad_name("pkg/class",
                   "'class' can be no module: it is a word of Python",
                   "did you mean 'class_'?");
    check_bad_name("", "'' can be no module: letters, digits and '_', no "
                       "digit first", "");
    check_bad_name("a//b", "'' can be no module: letters, digits and '_', no "
                           "digit first", "");
    check_bad_name("\xc3\xa9t\xc3\xa9",
                   "'\xc3\xa9t\xc3\xa9' can be no module: letters, digits "
                   "and '_', no digit first",
                   "did you mean '__t__'?");
    check_bad_name("scoring.py", "'scoring.py' does not name a C file",
                   "a name stands without a suffix, or with .c");
    check_bad_name("build/fast",
                   "'cowbird run' finds nothing in a folder named 'build'",
                   "");
}

static void
a_word_that_leads_elsewhere_is_refused(void)
{
    static const char help[] = "--dir names the folder to write to";
    check_bad_name("../x", "'../x' leads out of the folder", help);
    check_bad_name("a/../../x", "'a/../../x' leads out of the folder", help);
    check_bad_name("/etc/x", "'/etc/x' is no name of a module", help);
}

static void
check_refused(const char *word, bool is_forced, const char *sentence,
              const char *wanted)
{
    struct scaffold s;
    struct buf help = BUF_INIT;
    struct err e = ERR_INIT;
    CHECK(scaffold_plan(&s, word, root, &help, &e) == 0);
    int status = scaffold_check(&s, &python, is_forced, &help, &e);
    if (sentence == NULL) {
        CHECK_STR(e.text, "");
        CHECK(status == 0);
    }
    else {
        CHECK(status == -1 && e.code == ERR_USAGE);
        CHECK_STR(e.text, sentence);
        CHECK_STR(buf_text(&help), wanted);
    }
    scaffold_dispose(&s);
    buf_dispose(&help);
}

static void
the_standard_library_is_never_hidden(void)
{
    char *sentence = mem_format("'json' is a module of Python's own (%s)",
                                python.version);
    check_refused("json", true, sentence,
                  "another name, such as 'fast_json', hides nothing");
    check_refused("json/_fast", false, sentence,
                  "another name, such as 'fast_json', hides nothing");
    check_refused("pkg/json", false, NULL, NULL);
    free(sentence);
}

static void
what_is_there_is_not_replaced_or_hidden_without_force(void)
{
    put("old.c", "");
    put("shown.py", "");
    put("whole/__init__.py", "");
    put("plus.cpp", "");
    put("single.py", "");
    char *folder = path_join(root, "folder.c");
    CHECK(mkdir(folder, 0755) == 0);
    free(folder);
    check_refused("old", false, "old.c is there already",
                  "--force replaces it");
    check_refused("shown", false,
                  "shown.py is there already: 'import shown' would no "
                  "longer reach it",
                  "--force writes shown.c all the same");
    check_refused("whole", false,
                  "whole/__init__.py is there already: 'import whole' would "
                  "no longer reach it",
                  "--force writes whole.c all the same");
    check_refused("plus", false,
                  "plus.cpp is there already: 'import plus' would no longer "
                  "reach it",
                  "--force writes plus.c all the same");
    check_refused("old", true, NULL, NULL);
    check_refused("shown", true, NULL, NULL);
    check_refused("folder", true, "folder.c is a folder", "");
    check_refused("single/_fast", true,
                  "single.py is a module, so 'single' can be no package", "");
    check_refused("whole/_fast", false, NULL, NULL);
}

static void
check_content(const char *name, const char *want)
{
    struct buf text = BUF_INIT;
    struct err e = ERR_INIT;
    char *path = path_join(root, name);
    CHECK(file_read(path, &text, &e) == 0);
    CHECK_STR(buf_text(&text), want);
    buf_dispose(&text);
    free(path);
}

static void
a_file_is_written_whole_and_one_that_came_first_stays(void)
{
    char text[] = "/* @MODULE@ @NAME@ a@b @X@ */ PyInit_@NAME@@";
    struct template t = {.text = text};
    struct scaffold s;
    struct buf help = BUF_INIT;
    struct err e = ERR_INIT;
    CHECK(scaffold_plan(&s, "new/pkg/_fast", root, &help, &e) == 0);
    CHECK(scaffold_write(&s, &t, false, &e) == 0);
    check_content("new/pkg/_fast.c",
                  "/* new.pkg._fast _fast a@b @X@ */ PyInit__fast@");
    put("new/pkg/_fast.c", "mine");
    CHECK(scaffold_write(&s, &t, false, &e) == -1);
    CHECK(e.code == ERR_USAGE);
    check_content("new/pkg/_fast.c", "mine");
    CHECK(unlink(s.source) == 0 && symlink("nowhere", s.source) == 0);
    CHECK(scaffold_write(&s, &t, false, &e) == -1);
    CHECK(scaffold_write(&s, &t, true, &e) == 0);
    check_content("new/pkg/_fast.c",
                  "/* new.pkg._fast _fast a@b @X@ */ PyInit__fast@");
    char *folder = path_dir(s.source);
    CHECK(unlink(s.source) == 0 && rmdir(folder) == 0);
    free(folder);
    scaffold_dispose(&s);
    buf_dispose(&help);
}

static void
every_template_is_read_and_the_plain_one_is_first(void)
{
    struct template_list l;
    struct err e = ERR_INIT;
    CHECK(template_list_read(&l, TEMPLATES, &e) == 0);
    CHECK(l.count >= 7);
    CHECK_STR(l.items[0].name, "plain");
    CHECK_STR(l.items[0].holds, "one function: total(array) -> float");
    CHECK_STR(l.items[1].name, "blocking");
    CHECK_STR(template_find(&l, "state")->use, "hit, hits");
    CHECK(template_find(&l, "states") == NULL);
    CHECK_STR(template_near(&l, "states"), "state");
    template_list_dispose(&l);
    CHECK(template_list_read(&l, root, &e) == -1);
    CHECK(e.code == ERR_SYSTEM && l.count == 0);
}

int
main(void)
{
    struct err e = ERR_INIT;
    CHECK(mkdtemp(root) != NULL);
    char *cache = path_join(root, "cache");
    CHECK(setenv("COWBIRD_CACHE_DIR", cache, 1) == 0);
    CHECK(python_probe(&python, "python3", &e) == 0);
    RUN(a_name_stands_with_or_without_suffix_dotted_or_with_folders);
    RUN(src_is_no_package_when_it_only_holds_some);
    RUN(a_word_that_is_no_name_is_refused_with_what_would_be);
    RUN(a_word_that_leads_elsewhere_is_refused);
    RUN(the_standard_library_is_never_hidden);
    RUN(what_is_there_is_not_replaced_or_hidden_without_force);
    RUN(a_file_is_written_whole_and_one_that_came_first_stays);
    RUN(every_template_is_read_and_the_plain_one_is_first);
    CHECK(file_remove_tree(root, &e) == 0);
    python_dispose(&python);
    free(cache);
    return 0;
}
