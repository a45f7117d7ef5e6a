/* help_topics: the long texts, as data. Part of help. Lines end before column
 * 80; a text ends with a newline. It says what is there, not what will be.
 */
#include "help.h"

#include <stddef.h>

static const char about_new[] =
    "Writes NAME.c, a module that compiles, and enters it into\n"
    "compile_commands.json, so that clangd finds Python.h. NAME may end in\n"
    ".c; it must be a Python identifier and no module of the standard\n"
    "library. A file that is there is left alone without --force.\n"
    "\n"
    "  cowbird new scoring\n"
    "  cowbird new --list                      the templates\n"
    "  cowbird new book --template serializer\n"
    "  cowbird new --from app.py:mean          to replace mean() by C\n"
    "  cowbird --create-c-file scoring         the same as the first\n";

static const char about_run[] =
    "Compiles the native modules below the compile paths and starts the\n"
    "app.\n"
    "\n"
    "  cowbird run app.py --compile-path=.\n"
    "  cowbird run app.py --compile-path=. --dev\n"
    "  cowbird run --dev -- uvicorn app:app --workers 2\n"
    "  cowbird app.py --compile-c-path=. --dev      the same as the second\n"
    "\n"
    "Our options may stand before or after APP.py; other words after it are\n"
    "the app's. Options for the app go behind '--'. Without APP.py what\n"
    "stands behind '--' is the command to run: anything that starts Python.\n"
    "\n"
    "Without --dev the modules are compiled optimised, once, into a cache,\n"
    "and cowbird becomes the app: pid, signals, terminal and exit status\n"
    "are the app's. With --dev it stays, watches, and swaps every saved\n"
    "module into the running workers; code that does not build changes\n"
    "nothing. A save of Python restarts the app, unless its own server does\n"
    "that (--py-reload). A module that does not build raises ImportError\n"
    "where it is imported.\n"
    "\n"
    "stdout is the app's: --json=PATH and --json=fd:N write events as JSON\n"
    "lines, --json alone writes them to stderr in place of our speech.\n"
    "\n"
    "-v says below each swap where its milliseconds went; the events have\n"
    "the same numbers (\"compile_tcc_ms\"), and --trace FILE draws them:\n"
    "Chrome's trace format, for ui.perfetto.dev or speedscope.app.\n";

static const char about_build[] =
    "Compiles every native module below the compile paths, optimised, into\n"
    "the cache, and stops: what 'cowbird run' would do before it starts the\n"
    "app. Exit status 1 when one does not build. Beside your sources come\n"
    "stubs and compile_commands.json ('cowbird help stubs'), unless\n"
    "--no-stubs says otherwise. For wheels see 'cowbird help release'.\n";

static const char about_stubs[] =
    "Writes beside each plain module a .pyi with its functions, their types\n"
    "and docstrings, for type checkers and editors, and enters every source\n"
    "into compile_commands.json, so that clangd finds Python.h and\n"
    "cowbird.h. 'cowbird build' does the same, and 'cowbird run --dev' keeps\n"
    "both true: after a save that changed what a module offers, once it is\n"
    "live. 'cowbird run' without --dev writes nothing.\n"
    "\n"
    "Files are replaced by rename and only when they would change. A .pyi\n"
    "whose first line is not ours is yours and stays; so does an entry that\n"
    "a build system wrote. A raw module gets none: its C does not tell its\n"
    "types. While a reloader runs that any file sets off (robyn --dev,\n"
    "granian --reload, gunicorn's inotify engine) a session holds them back\n"
    "and says so. --no-stubs, COWBIRD_STUBS=0 or stubs = false turn them "
    "off.\n"
    "\n"
    "Pyright warns that such a module has no source (reportMissing-\n"
    "ModuleSource), because it looks for Python; the setting of that name\n"
    "turns the warning off.\n";

static const char about_check[] =
    "Says what the compiler says about every native module, and keeps\n"
    "nothing. Exit status 1 when one has an error. Where libclang is, it\n"
    "lends its words, columns and fix-its to the compiler's.\n"
    "\n"
    "  cowbird check --json                   as in 'cowbird help json'\n"
    "  cowbird check --sarif=cowbird.sarif    for code scanning in a CI\n";

static const char about_status[] =
    "Asks the running 'cowbird run --dev' of this project which generation\n"
    "of each module is live in each worker, and why. Of several sessions\n"
    "--session picks one.\n";

static const char about_undo[] =
    "Goes back one generation of a module in every worker, at once, without\n"
    "touching its source; once more, one further back. The next save goes\n"
    "live as always, that of the same text as well.\n"
    "\n"
    "What went live by the same save and includes the same header goes back\n"
    "with it, and comes back with it.\n"
    "\n"
    "  cowbird undo scoring\n";

static const char about_restart[] =
    "Ends the app of the running 'cowbird run --dev' and starts it again:\n"
    "for what a swap refuses, because live objects have another layout, and\n"
    "for Python that --py-reload does not restart for. What was saved\n"
    "meanwhile, or an undo that was refused, is what it starts on.\n";

static const char about_expand[] =
    "A plain module is a .c that includes cowbird.h: its functions are "
    "Python\n"
    "functions, and cowbird writes what lies between. This prints it, as it\n"
    "is compiled beside the source: one translation unit, which stands on\n"
    "cowbird_binding.h. The rules by which a signature reads are the first\n"
    "comment of cowbird.h.\n";

static const char about_doctor[] =
    "Looks at compilers, Python headers, libclang, libtcc, limits and at\n"
    "this project, and gives a fix of one line for what is missing. Exit\n"
    "status 1 when something fails, 0 when there are warnings only.\n";

static const char about_cache[] =
    "  cowbird cache info     where it is and what it holds\n"
    "  cowbird cache clear    remove what no live session uses\n"
    "\n"
    "Artefacts are named by all that decided them: source, headers, flags,\n"
    "compiler and Python. The folder is $COWBIRD_CACHE_DIR, else\n"
    "$XDG_CACHE_HOME/cowbird, else ~/.cache/cowbird.\n";

static const char about_bench[] =
    "Times one function in several builds of its module, on the same calls:\n"
    "cc -O2 (what 'cowbird run' loads), tcc, cc -O3, cc with each --flags,\n"
    "and, of a running 'cowbird run --dev', what is live and the previous\n"
    "save.\n"
    "\n"
    "  cowbird bench geo.total                   calls of the running app\n"
    "  cowbird bench geo.total --args \"(array('d', range(1000)),)\"\n"
    "  cowbird bench geo.total --flags \"-O3 -march=native\"\n"
    "\n"
    "The session's workers keep the arguments of the next --calls of the\n"
    "function, pickled as it is called; after that a call costs what it did.\n"
    "Arguments that cannot be pickled, or not be made again outside the app,\n"
    "are counted and named. Methods of types are not recorded.\n"
    "\n"
    "--args is a Python expression instead: a tuple of arguments, or a dict\n"
    "of them by name; array is array.array, other names are builtins and\n"
    "modules (\"(numpy.zeros(9),)\"). It needs no session.\n"
    "\n"
    "Nothing is timed in the app: each build has a Python of its own for\n"
    "each of its turns, which go forwards and backwards through the builds\n"
    "(ABBA). A sample is a loop of calls by the performance clock, less the\n"
    "same loop without the call; the call from Python is part of it. Where\n"
    "a function writes into its arguments they are made anew for each call,\n"
    "outside the clock. The table has the median and the 90th percentile of\n"
    "a call, the ratio to what serves (of several calls the middle one), and\n"
    "whether results agree; one that differs is named. On a busy machine\n"
    "only the ratios mean something.\n";

static const char about_demo[] =
    "Makes a small web app with a C module in a folder of its own, starts\n"
    "it, edits the C three times, breaks it once and repairs it, and shows\n"
    "what was served before and after. Needs the standard library only and\n"
    "leaves nothing behind; --keep leaves the project to play with.\n";

static const char modules[] =
    "A native module is a source below a compile path, of one of two kinds:\n"
    "\n"
    "  raw     a .c, .cc or .cpp that defines PyInit_<stem>; for Python\n"
    "          3.15 it may be PyModExport_<stem>\n"
    "  plain   a .c that includes cowbird.h: each of its functions becomes a\n"
    "          Python function, unless it is static or begins with '_'; see\n"
    "          'cowbird help expand'\n"
    "\n"
    "Its name is its path below the compile path, dotted: pkg/_speedups.c is\n"
    "pkg._speedups. A leading src/ that holds packages is dropped. Other\n"
    "sources are left alone.\n"
    "\n"
    "Skipped are hidden folders, __pycache__, virtual environments,\n"
    "site-packages, node_modules, build and dist, and cowbird's cache.\n"
    "\n"
    "A module of several sources, or with flags of its own, is a table in\n"
    "pyproject.toml:\n"
    "\n"
    "  [tool.cowbird.modules.\"pkg._speedups\"]\n"
    "  sources = [\"pkg/_speedups.c\", \"pkg/core/*.c\"]\n"
    "  include-dirs = [\"include\"]\n"
    "  cflags = [\"-O3\"]\n"
    "  ldflags = []\n"
    "  libraries = [\"m\"]\n"
    "  pkg-config = [\"zlib\"]\n"
    "  std = \"c17\"\n"
    "\n"
    "The extensions of an existing project are found from its own setup.py\n"
    "(or ext-modules in [tool.setuptools]), which runs in the app's Python\n"
    "up to its call of setup() and is read again when it is saved. Of its\n"
    "build nothing runs but what a build_ext of its own adds to extensions.\n"
    "A table of the same name wins.\n"
    "\n"
    "A native module wins over a .py or an in-place .so of its name.\n";

static const char config[] =
    "Settings come from the command line, else from the environment, else\n"
    "from [tool.cowbird] in the nearest pyproject.toml upward, else from\n"
    "defaults. A session reads them when it starts.\n"
    "\n"
    "  key              variable                 default\n"
    "  compile-path     COWBIRD_COMPILE_PATH     \".\"; one or an array\n"
    "  cc               COWBIRD_CC               \"auto\": tcc, then cc\n"
    "  python           COWBIRD_PYTHON           $VIRTUAL_ENV, .venv, "
    "python3\n"
    "  jobs             COWBIRD_JOBS             0: one per core\n"
    "  compile-seconds  COWBIRD_COMPILE_SECONDS  0: two minutes a "
    "module\n"
    "  py-reload        COWBIRD_PY_RELOAD        \"auto\"; \"on\", \"off\"\n"
    "  stubs            COWBIRD_STUBS            true: see 'cowbird help "
    "stubs'\n"
    "  tiers            COWBIRD_TIERS            true: in dev cc follows "
    "tcc\n"
    "  optimise         COWBIRD_OPTIMISE         \"-O2\", also where no -O "
    "is\n"
    "                                            named; \"-O3 "
    "-march=native\"\n"
    "  force-polling    COWBIRD_FORCE_POLLING    false\n"
    "  modules.NAME     -                        see 'cowbird help modules'\n"
    "\n"
    "Paths in the file are relative to it, others to the working directory;\n"
    "in the variable several are parted by ':'. CC, CFLAGS, CPPFLAGS,\n"
    "LDFLAGS, CXX and CXXFLAGS are respected, and so are launchers in CC\n"
    "(\"ccache gcc\"). COWBIRD_WARM_MB is what the compilers that wait for a\n"
    "save may take of memory together (512; 0: none wait). NO_COLOR and\n"
    "FORCE_COLOR decide about colour where --color does not.\n";

static const char release[] =
    "The same sources build into an ordinary wheel, which needs no cowbird.\n"
    "In pyproject.toml:\n"
    "\n"
    "  [build-system]\n"
    "  requires = [\"setuptools>=64\", \"cowbird\"]\n"
    "  build-backend = \"setuptools.build_meta\"\n"
    "\n"
    "  [tool.cowbird]\n"
    "\n"
    "Then 'pip wheel .', 'python -m build' and cibuildwheel do what they\n"
    "always do. Compiler and optimisation are setuptools' (CC, CFLAGS); the\n"
    "modules' own settings hold ('cowbird help modules').\n"
    "\n"
    "  the wheel     each module that lies in one of its packages or in\n"
    "                none, or has a table of its own; a .pyi beside each\n"
    "                plain one (not with stubs = false); no C, unless\n"
    "                package-data asks for it\n"
    "  the sdist     sources and the headers they include; those reached\n"
    "                through a macro belong into MANIFEST.in\n"
    "  editable      'pip install -e .' puts the compiled modules into\n"
    "                site-packages, nothing into your folders; beside it\n"
    "                'cowbird run --dev' swaps what is saved, and without\n"
    "                cowbird the installed build answers, until the next\n"
    "                'pip install -e .'\n"
    "\n"
    "A project's own setup.py, ext_modules and commands stay as they are.\n"
    "'cowbird build --plan' prints what a wheel is made of, as JSON.\n";

static const char saves[] =
    "What is live at the next call after a save, without a restart:\n"
    "\n"
    "  a body, a docstring   new code through every reference somebody\n"
    "                        holds; id, hash and == stay\n"
    "  a new function        is in the module\n"
    "  a removed function    is gone; a kept reference raises an error that\n"
    "                        names the file and the save, until it is back\n"
    "  a header              all modules that include it, or none; 'undo'\n"
    "                        and a crash take back all that were not saved\n"
    "                        since\n"
    "  a heap type           of the same layout: same type, new methods, for\n"
    "                        live objects too; of another: see 'migrate'\n"
    "  a class's base        makes a new class: who holds or catches the\n"
    "                        old one keeps that; the terminal says so\n"
    "  a static variable     is kept while type and initial value stay;\n"
    "                        after CB_CARRY(it, always); with any value,\n"
    "                        after CB_CARRY(it, never); not at all. What a\n"
    "                        void * leads to is nobody's to compare\n"
    "  a thread-local one    is kept while all of the module's stay as they\n"
    "                        are; else every thread's begins anew\n"
    "  a struct of functions leads to the new ones, for who holds it too\n"
    "  a virtual function    of C++: objects keep those that they were made\n"
    "                        with; new objects have the new\n"
    "  code that is broken   does not compile, or its init fails, hangs or\n"
    "                        crashes: the old generation serves on\n"
    "  code that crashes     in a call: its worker is lost, the generation\n"
    "                        before serves; not loaded until it changes (or\n"
    "                        it raises: see 'faults')\n"
    "  Python                the app restarts, unless its server reloads\n"
    "\n"
    "A change goes live in every worker or in none. A worker that does not\n"
    "answer within 2 s is shown as late and moves when it runs again. Calls\n"
    "in flight end on the code they began with.\n";

static const char migrate[] =
    "A save that changes the struct behind a type is refused while objects\n"
    "of the type are alive: they have the old fields. Without any it goes\n"
    "live, and the type stays the same object. The refusal names the first\n"
    "field that differs, with offsets and sizes as the compiler wrote them\n"
    "into the debug information (-g), and how many objects are alive: those\n"
    "that Python's collector leads to, and what memory shows besides, which\n"
    "no hook can move.\n"
    "\n"
    "A hook in the source moves them instead:\n"
    "\n"
    "  #include <cowbird.h>\n"
    "\n"
    "  CB_MIGRATE(PointObject, self, old)\n"
    "  {\n"
    "      self->scale = 1.0;              a field that is new\n"
    "      return 0;                       -1 with an exception: no\n"
    "  }\n"
    "\n"
    "PointObject is the struct. Fields of an unchanged name and type are\n"
    "carried already, others are zero; cb_old_field(old, \"x\", &x,\n"
    "sizeof x) reads one that is gone. All objects of all workers move or\n"
    "none does; the hook is asked twice for each, so it frees nothing of the\n"
    "old one's. They stay where they are, so the new struct must fit into\n"
    "the memory that they have: Python rounds up to 16 bytes. What grows\n"
    "more belongs into a struct of its own that a field points at. Classes\n"
    "of plain C and types with items have no hook. In a wheel it is not\n"
    "there.\n"
    "\n"
    "The struct of a module's own state (m_size) has the same hook:\n"
    "\n"
    "  CB_MIGRATE(State, self, old) { return 0; }\n"
    "\n"
    "Carried are fields of an unchanged name and type; the others begin as\n"
    "the new source's init has left them. It runs when no call of the module\n"
    "is in flight and before anything goes live, and -1 with an exception\n"
    "holds the save back. The state stays where it is: it may grow to twice\n"
    "its size, or by 1024 bytes. 'cowbird undo' asks the hook of the older\n"
    "source, and is refused where that has none: then 'cowbird restart'\n"
    "starts the app on it. The line of a save or an undo says how many\n"
    "objects a hook has moved.\n";

static const char faults[] =
    "A native crash in a call ends its worker. The report names the signal,\n"
    "the C function, its line and the generation; every worker goes back to\n"
    "the generation before, and the one that crashed is not loaded again\n"
    "until its source changes.\n"
    "\n"
    "A plain function that runs without the GIL may have its faults\n"
    "(SIGSEGV, SIGBUS, SIGFPE, SIGILL) as exceptions instead, in 'run\n"
    "--dev':\n"
    "\n"
    "  CB_NOGIL CB_FAULTS double mean(const double *x, size_t n)\n"
    "\n"
    "  scoring.NativeFault: SIGSEGV in mean() at /app/scoring.c:14,\n"
    "  address 0x10, gen 6\n"
    "\n"
    "NativeFault is the module's class, a RuntimeError with signal,\n"
    "function, file, line, address and generation. The app and its other\n"
    "threads go on, that generation serves on, and the call's buffers and\n"
    "handles are given back. Held for ever is what the C code held: locks,\n"
    "memory, open files; variables stay as they were in that moment. After a\n"
    "fault trust them as little as after a crash; restart when in doubt.\n"
    "\n"
    "Still crashes: abort(); a fault in a thread of your own; one deeper in\n"
    "a library than the function that your code called (malloc, stdio:\n"
    "their locks are held), or in code that a library called (qsort); one\n"
    "while the thread has the GIL. With the GIL, with callbacks or in a file\n"
    "that includes Python.h the word is refused. faulthandler, when it was\n"
    "enabled after the first import of a module, prints first. In 'run'\n"
    "without --dev and in a wheel the word does nothing: a fault ends the\n"
    "process.\n";

static const char exits[] =
    "  0      done\n"
    "  1      your code did not build, or a check failed\n"
    "  2      wrong usage or configuration, or the machine said no\n"
    "  101    a bug of ours\n"
    "\n"
    "'cowbird run' passes on the app's own status, and repeats its death by\n"
    "a signal; 130 only when it was interrupted before the app started.\n";

static const char json[] =
    "--json writes a command's result to stdout as JSON. For 'cowbird run',\n"
    "whose stdout is the app's, it is events, one object on a line:\n"
    "\n"
    "  --json=PATH   appended to a file (or a pipe with a reader)\n"
    "  --json=fd:N   to a descriptor that is open already\n"
    "  --json        to stderr, in place of our speech\n"
    "\n"
    "Every event has \"time\" and \"event\": the verb of its line (swap,\n"
    "built, same, error, refused, crashed, restart, exit, late, waits,\n"
    "moved, added, removed, warning, undo; tier, what is live built by the\n"
    "other compiler, which people see with -v), or setup or diagnostics.\n"
    "\"subject\" and \"text\" are the line for people; further keys hold its\n"
    "facts, with units in their names (\"took_ms\"). \"diagnostics\" is an\n"
    "array of objects with severity, path, line, column, width (in bytes,\n"
    "from 1), message, flag, help, source, ranges and fixits (each with\n"
    "line, column, end_line, end_column; a fixit with path and text too)\n"
    "and is_child (a note to the one before it); what is unknown is null.\n";

static const char robyn[] =
    "Two flat spellings are for those who come from Robyn:\n"
    "\n"
    "  cowbird --create-c-file NAME                 cowbird new NAME\n"
    "  cowbird APP.py --compile-c-path=DIR          cowbird run APP.py\n"
    "  cowbird APP.py --compile-c-path=DIR --dev      --compile-path=DIR\n"
    "\n"
    "--compile-c-path and --compile-path are one option everywhere. Robyn's\n"
    "own --dev restarts the app on any file: leave it out when cowbird has\n"
    "--dev.\n";

const struct help_topic help_topics[] = {
    {"new", NULL, about_new},
    {"run", NULL, about_run},
    {"build", NULL, about_build},
    {"check", NULL, about_check},
    {"status", NULL, about_status},
    {"undo", NULL, about_undo},
    {"restart", NULL, about_restart},
    {"expand", NULL, about_expand},
    {"stubs", NULL, about_stubs},
    {"doctor", NULL, about_doctor},
    {"cache", NULL, about_cache},
    {"bench", NULL, about_bench},
    {"demo", NULL, about_demo},
    {"modules", "What is a native module, and its settings", modules},
    {"types", "What C types are in Python", NULL},
    {"release", "Wheels, and installing in place", release},
    {"saves", "What a save changes in the running app", saves},
    {"migrate", "Live objects, state and a changed struct", migrate},
    {"faults", "Native crashes, and those that raise", faults},
    {"config", "pyproject.toml, variables, defaults", config},
    {"exits", "Exit statuses", exits},
    {"json", "Results and events for programs", json},
    {"robyn", "The flat spellings", robyn},
    {NULL, NULL, NULL},
};
