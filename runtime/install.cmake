# What the wheel holds. The program finds its package from its own path, and
# the package is laid out as the repository is:
#
#   bin/cowbird                      the program
#   cowbird/__init__.py, __main__.py
#   cowbird/runtime/, templates/     sources of the guest, what `new` copies
#   cowbird/guest/<SOABI>/           the guest for the Python that installs
#   cowbird.pth                      acts only under COWBIRD_SESSION
#
# Without scikit-build-core the same goes below CMAKE_INSTALL_PREFIX, or what
# `cmake --install --prefix` says.

if(NOT SKBUILD)
    set(SKBUILD_PLATLIB_DIR .)
    set(SKBUILD_SCRIPTS_DIR bin)
    set(package cowbird)
else()
    set(package ${SKBUILD_PLATLIB_DIR}/cowbird)
endif()
set(runtime ${PROJECT_SOURCE_DIR}/runtime)

install(TARGETS cowbird RUNTIME DESTINATION ${SKBUILD_SCRIPTS_DIR})
install(DIRECTORY ${runtime}/package/ DESTINATION ${package}
    FILES_MATCHING PATTERN "*.py" PATTERN "__pycache__" EXCLUDE)
install(DIRECTORY ${runtime}/package/ DESTINATION ${SKBUILD_PLATLIB_DIR}
    FILES_MATCHING PATTERN "*.pth" PATTERN "__pycache__" EXCLUDE)
install(DIRECTORY ${runtime}/ DESTINATION ${package}/runtime
    FILES_MATCHING PATTERN "*.c" PATTERN "*.h" PATTERN "*.py" PATTERN "SOURCES"
    PATTERN "package" EXCLUDE PATTERN "__pycache__" EXCLUDE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/templates/
    DESTINATION ${package}/templates
    PATTERN "__pycache__" EXCLUDE PATTERN "CMakeLists.txt" EXCLUDE)

# A guest for the Python that installs saves the first run its compile. The
# bench does the same for any other ABI (cli/guest.c), so missing headers are
# no failure.
if(SKBUILD)
    find_package(Python 3.9 COMPONENTS Interpreter
        OPTIONAL_COMPONENTS Development.Module)
    if(Python_Development.Module_FOUND)
        file(STRINGS ${runtime}/SOURCES guest)
        list(TRANSFORM guest PREPEND ${runtime}/)
        Python_add_library(cowbird_guest MODULE WITH_SOABI ${guest})
        set_target_properties(cowbird_guest PROPERTIES OUTPUT_NAME _cowbird)
        target_include_directories(cowbird_guest PRIVATE ${runtime})
        target_compile_definitions(cowbird_guest PRIVATE
            _GNU_SOURCE COWBIRD_VERSION="${PROJECT_VERSION}")
        target_compile_options(cowbird_guest PRIVATE -O2)
        target_link_options(cowbird_guest PRIVATE -Wl,-Bsymbolic)
        target_link_libraries(cowbird_guest PRIVATE ${CMAKE_DL_LIBS} pthread)
        install(TARGETS cowbird_guest LIBRARY
            DESTINATION ${package}/guest/${Python_SOABI})
    endif()
endif()
