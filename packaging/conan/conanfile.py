# SPDX-License-Identifier: Apache-2.0
import pathlib
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, rmdir


class Pion(ConanFile):
    name = "pion"
    description = "Spectral filters of matrices: odd polynomials of singular values, without an SVD"
    license = "Apache-2.0"
    topics = "linear-algebra", "optimizer", "muon", "eigen", "header-only"
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {
        "compiled": [True, False],  # pion::compiled
        "openmp": [True, False],  # pion::openmp
        "system_eigen": [True, False],  # the system's, in place of the package eigen
        "fPIC": [True, False],
    }
    default_options = {"compiled": True, "openmp": False, "system_eigen": False, "fPIC": True}

    @property
    def _tree(self):
        return pathlib.Path(self.recipe_folder).parent.parent

    def set_version(self):
        text = (self._tree / "include/pion/version.hpp").read_text(encoding="utf-8")
        self.version = ".".join(re.findall(r"#define PION_VERSION_\w+ (\d+)", text))

    def export_sources(self):
        for pattern in "CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*":
            copy(self, pattern, self._tree, self.export_sources_folder)

    def config_options(self):
        if self.settings.os == "Windows":
            del self.options.fPIC

    def requirements(self):
        if not self.options.system_eigen:
            self.requires("eigen/[>=3.4 <6]", transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 17)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        for part in "TESTS", "TOOL", "EXAMPLES":
            toolchain.cache_variables[f"PION_BUILD_{part}"] = False
        toolchain.cache_variables["PION_BUILD_COMPILED"] = bool(self.options.compiled)
        toolchain.cache_variables["PION_ENABLE_OPENMP"] = bool(self.options.openmp)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, pathlib.Path(self.package_folder) / "licenses")
        rmdir(self, str(pathlib.Path(self.package_folder) / "share/doc"))

    def package_id(self):
        if not self.info.options.compiled:
            self.info.clear()

    def package_info(self):
        # The package's own CMake files, with all their components, are found in its folder.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["share/cmake/pion"]
        self.cpp_info.libs = ["pion_compiled"] if self.options.compiled else []
