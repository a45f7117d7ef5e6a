/* libtcc_api: the few functions of libtcc that cowbird calls, by hand,
 * because the library is found at run time and brings no header that could
 * be relied on. Private to tcc_find and tcc_state.
 */
#ifndef COWBIRD_LIBTCC_API_H
#define COWBIRD_LIBTCC_API_H

typedef struct TCCState TCCState;

#define TCC_IN_MEMORY 1
#define TCC_RELOCATE_OWN ((void *)1) /* 0.9.27 wants it, later ones ignore */

struct tcc_api {
    TCCState *(*create)(void);
    void (*set_lib_path)(TCCState *, const char *);
    void (*set_error_func)(TCCState *, void *,
                           void (*)(void *, const char *));
    /* int or void, as the release has it; the result is never used */
    int (*set_options)(TCCState *, const char *);
    int (*set_output_type)(TCCState *, int);
    int (*add_include_path)(TCCState *, const char *);
    int (*add_sysinclude_path)(TCCState *, const char *);
    void (*define_symbol)(TCCState *, const char *, const char *);
    void (*undefine_symbol)(TCCState *, const char *);
    int (*compile_string)(TCCState *, const char *);
    int (*add_file)(TCCState *, const char *);
    int (*add_library_path)(TCCState *, const char *);
    int (*add_library)(TCCState *, const char *);
    int (*output_file)(TCCState *, const char *);
    int (*relocate)(TCCState *, void *);
    void *(*get_symbol)(TCCState *, const char *);
    /* a size of 0 frees; NULL in releases that have none (0.9.27) */
    void (*set_realloc)(void *(*)(void *, unsigned long));
};

/* -1 when `library` cannot be loaded or lacks one of them. It stays loaded. */
int tcc_api_load(struct tcc_api *api, const char *library);

struct tcc {
    char *library;   /* absolute */
    char *lib_dir;   /* its headers and libtcc1.a */
    char *version;   /* "tcc 0.9.28" */
    int shared_type; /* the number that set_output_type wants for a shared
                        library */
};

#endif
