"""build_cowbird: a step of setuptools' own build, beside whatever
ext_modules, commands and packages the project has. What to compile, and how,
`cowbird build --plan` says.
"""
import fnmatch
import os
import re

from setuptools import Extension
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

from cowbird.setuptools_plugin import plan

FINDER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "editable.py")


def package_of(module):
    return module["name"].rpartition(".")[0]


def has_package_of(distribution, module):
    return package_of(module) in ["", *(distribution.packages or ())]


def held_modules(distribution):
    """Those that are ours to compile into the wheel: in one of its packages,
    or in none, and no source of an extension that the project's setup.py
    has; or named in pyproject.toml. setuptools finds packages only after
    activate()."""
    claimed = {os.path.normpath(source)
               for extension in distribution.ext_modules or ()
               for source in extension.sources}
    return [module for module in distribution.cowbird_modules
            if module["is_named"] or (
                has_package_of(distribution, module)
                and claimed.isdisjoint(module["sources"]))]


class build_cowbird(build_ext):
    """The step, of setuptools' SubCommand protocol. Comes first, so that
    build_py learns in time what not to copy."""

    description = "compile the native modules of [tool.cowbird]"

    def finalize_options(self):
        """As build_ext, for modules of ours and none of the project's."""
        project = self.distribution
        own = project.ext_modules, project.ext_package
        self.held = held_modules(project)
        project.ext_package = None
        project.ext_modules = [Extension(module["name"], module["sources"])
                               for module in self.held]
        try:
            super().finalize_options()
        finally:
            project.ext_modules, project.ext_package = own
        self.force = True  # flags may have changed where no file has
        self.inplace = False  # an editable install leaves the tree alone

    def get_source_files(self):
        return [file for module in self.held
                for file in module["sources"] + module["headers"]]

    def run(self):
        for module in self.distribution.cowbird_modules:
            if (module not in self.held
                    and not has_package_of(self.distribution, module)):
                self.warn("%s is left out: the wheel has no package '%s'"
                          % (module["name"], package_of(module)))
        folder = os.path.join(self.build_temp, "cowbird")
        if not self.held:
            return
        answer = plan(CompileError, "--plan=" + folder, *(
            "--module=" + module["name"] for module in self.held))
        planned = {module["name"]: module for module in answer["modules"]}
        for extension in self.extensions:
            vars(extension).update(planned[extension.name]["extension"])
        super().run()
        if self.editable_mode:
            self._install_editable()
            return
        unwanted = self.get_source_files()
        for module in self.held:
            made = planned[module["name"]]
            if made["stub"]:
                self._add_stub(module["name"].split("."), made["stub"])
            if made["stub_place"]:
                unwanted.append(made["stub_place"])
        self._leave_out(unwanted)

    def _add_stub(self, path, stub):
        """Beside the module; type checkers want a marker in its package."""
        self.copy_file(stub, os.path.join(self.build_lib, *path) + ".pyi")
        if len(path) > 1:
            open(os.path.join(self.build_lib, path[0], "py.typed"),
                 "a").close()

    def _leave_out(self, files):
        """What is in the source distribution, setuptools takes for package
        data. What the project's own package-data names stays."""
        build_py = self.get_finalized_command("build_py")
        excluded = dict(build_py.exclude_package_data)
        for package in self.distribution.packages or ():
            asked = [pattern for key in ("", package)
                     for pattern in build_py.package_data.get(key, ())]
            folder = build_py.get_package_dir(package)
            names = [os.path.relpath(file, folder) for file in files]
            excluded[package] = [*excluded.get(package, ()), *(
                name for name in names if not name.startswith(os.pardir)
                and not any(fnmatch.fnmatch(name, a) for a in asked))]
        build_py.exclude_package_data = excluded
        build_py.__dict__.pop("data_files", None)

    def _install_editable(self):
        """Into the wheel itself, which is otherwise a link to the tree; a
        finder of a few lines goes with them (editable.py)."""
        wheel = self.distribution.get_command_obj("install").install_lib
        name = "__editable___%s_native" % re.sub(
            "[^A-Za-z0-9]+", "_", self.distribution.get_name())
        for built in self.get_outputs():
            below = os.path.relpath(built, self.build_lib)
            target = os.path.join(wheel, name, "modules", below)
            self.mkpath(os.path.dirname(target))
            self.copy_file(built, target)
        self.copy_file(FINDER, os.path.join(wheel, name, "__init__.py"))
        with open(os.path.join(wheel, name + ".pth"), "w") as file:
            file.write("import %s\n" % name)
