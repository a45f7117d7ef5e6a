/* kind: what a native module is written with, and how much of it a save can
 * change in a running app.
 *
 * Read off the symbols of its artefact, never off its source. The guest
 * refuses by it, the bench tells it. Any thread.
 */
#ifndef COWBIRD_WIRE_KIND_H
#define COWBIRD_WIRE_KIND_H

enum live {
    LIVE_ALL,    /* what DESIGN's table says */
    LIVE_BODIES, /* functions, methods and their code; not the types' shape */
    LIVE_RESTART /* nothing: a save is live after a restart */
};

/* X(id, what people call it, enum live, why it is no more than that, or what
 * is still to be known) */
#define KINDS(X)                                                              \
    X(PLAIN, "C", LIVE_ALL, "")                                               \
    X(SINGLE, "C, single-phase init", LIVE_ALL, "")                           \
    X(STATIC, "C with static types", LIVE_BODIES,                             \
      "the size, slots and bases of its static types, and what the init "     \
      "sets in them, are fixed")                                              \
    X(CXX, "C++", LIVE_ALL, "")                                               \
    X(VIRTUAL, "C++ with virtual functions", LIVE_ALL,                        \
      "objects keep the virtual functions that they were made with")          \
    X(PYBIND11, "pybind11", LIVE_RESTART,                                     \
      "pybind11 keeps a function in objects that lead to the code they were " \
      "made with, and registers its types once per process")                  \
    X(NANOBIND, "nanobind", LIVE_RESTART,                                     \
      "nanobind keeps a function in objects that lead to the code they were " \
      "made with, and registers its types once per process")                  \
    X(BOOST, "Boost.Python", LIVE_RESTART,                                    \
      "Boost.Python keeps a function in objects that lead to the code they "  \
      "were made with, and registers its types once per process")             \
    X(CYTHON, "Cython", LIVE_RESTART,                                         \
      "Cython's code finds constants, types and functions by their places "   \
      "in tables that an edit rearranges")                                    \
    X(UNIQUE, "C++ with unique symbols", LIVE_RESTART,                        \
      "its unique symbols (-fgnu-unique) would lead new code into the "       \
      "first image")

enum kind_id {
#define X(id, name, live, why) KIND_##id,
    KINDS(X)
#undef X
};

struct kind {
    enum kind_id id;
    const char *name;
    enum live live;
    const char *why; /* may be empty for LIVE_ALL */
};

/* Of the shared object at `path`; "C" for what cannot be read. */
const struct kind *kind_of(const char *path);
/* "live", "bodies only" or "restart needed". */
const char *live_word(enum live live);

#endif
