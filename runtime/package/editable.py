"""Finds the native modules of a project that was installed with
`pip install -e`: they lie in the folder `modules` beside this file, so that
nothing is written into the source tree. cowbird's setuptools plugin put both
here; neither needs cowbird.
"""
import functools
import os
import sys
from importlib.machinery import (EXTENSION_SUFFIXES, ExtensionFileLoader,
                                 FileFinder)

_MODULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "modules")


@functools.lru_cache(maxsize=None)
def _finder(package):
    return FileFinder(os.path.join(_MODULES, *package.split(".")),
                      (ExtensionFileLoader, EXTENSION_SUFFIXES))


class Finder:
    """Last on sys.meta_path: only what nobody else has found."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = _finder(name.rpartition(".")[0]).find_spec(name)
        return spec if spec is not None and spec.loader else None

    @staticmethod
    def invalidate_caches():
        _finder.cache_clear()


sys.meta_path.append(Finder)
