/* image_file: what the loader has to take for new code is a new inode. */
#include "image_file.h"

#include <sys/stat.h>

#include "check.h"
#include "folder.h"
#include "wire/sum.h"

static ino_t
inode_of(const char *path)
{
    struct stat st;
    CHECK(stat(path, &st) == 0);
    return st.st_ino;
}

static void
what_was_never_loaded_is_linked_and_all_else_is_copied(void)
{
    char *dir = folder_new();
    char *images = path_join(dir, "images/hot");
    char *artefact = folder_write(dir, "hot.so", "code");
    struct image_file first = {.generation = 1};
    struct image_file again = {.generation = 2};
    struct image_file third = {.generation = 3};
    CHECK(image_file_make(&first, images, "hot", artefact, true, NULL) == 0);
    CHECK(image_file_make(&again, images, "hot", artefact, false, NULL) == 0);
    CHECK(image_file_make(&third, images, "hot", artefact, false, NULL) == 0);
    CHECK(inode_of(first.path) == inode_of(artefact));
    CHECK(inode_of(again.path) != inode_of(artefact));
    CHECK(inode_of(third.path) != inode_of(artefact));
    CHECK(inode_of(third.path) != inode_of(again.path));
    image_file_remove(&first);
    image_file_remove(&again);
    image_file_remove(&third);
    CHECK(path_is_file(artefact));
    free(artefact);
    free(images);
    folder_free(dir);
}

static void
its_name_ends_in_its_sum(void)
{
    char *dir = folder_new();
    char *artefact = folder_write(dir, "hot.so", "code");
    struct image_file f = {.generation = 7};
    uint64_t named, is;
    CHECK(image_file_make(&f, dir, "hot", artefact, true, NULL) == 0);
    CHECK(strstr(f.path, "/7-hot-") != NULL);
    CHECK(sum_in_name(f.path, &named) && sum_file(f.path, &is) && named == is);
    image_file_remove(&f);
    free(artefact);
    folder_free(dir);
}

static void
an_artefact_that_is_gone_is_named(void)
{
    struct image_file f = {.generation = 1};
    struct err e = ERR_INIT;
    char *dir = folder_new();
    CHECK(image_file_make(&f, dir, "hot", "/nowhere/hot.so", true, &e) < 0);
    CHECK(f.path == NULL && strstr(e.text, "/nowhere/hot.so") != NULL);
    folder_free(dir);
}

int
main(void)
{
    RUN(what_was_never_loaded_is_linked_and_all_else_is_copied);
    RUN(its_name_ends_in_its_sum);
    RUN(an_artefact_that_is_gone_is_named);
    return 0;
}
