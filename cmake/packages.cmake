# SPDX-License-Identifier: Apache-2.0
# What cpack makes: the Debian packages pion-tool and libpion-dev (tools/debian).
set(CPACK_PACKAGE_CONTACT "The authors of pion <pion@users.noreply.invalid>" CACHE STRING
    "The maintainer, as a package names one")
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL pion_development pion_tool)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/debian.cmake)
set(CPACK_PION_CHANGELOG ${PROJECT_SOURCE_DIR}/CHANGELOG.md)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PION_TOOL_PACKAGE_NAME pion-tool)
set(CPACK_DEBIAN_PION_TOOL_PACKAGE_SECTION math)
set(CPACK_DEBIAN_PION_TOOL_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_PION_TOOL_DESCRIPTION
"spectral filters of matrices, from the command line
The tool pion says what a filter, an odd polynomial of singular values, does to
a matrix; applies it to .npy and .safetensors files without an SVD; looks at
the spectra of gradients; and designs filters.")
set(CPACK_DEBIAN_PION_DEVELOPMENT_PACKAGE_NAME libpion-dev)
set(CPACK_DEBIAN_PION_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PION_DEVELOPMENT_PACKAGE_DEPENDS "libeigen3-dev (>= 3.4)")
set(CPACK_DEBIAN_PION_DEVELOPMENT_PACKAGE_SUGGESTS "cmake, pkgconf")
set(CPACK_COMPONENT_PION_DEVELOPMENT_DESCRIPTION
"spectral filters of matrices for C++ (development files)
Odd polynomials applied to the singular values of a matrix without an SVD: the
headers, a static library of their heavy parts, and the files by which CMake
and pkg-config find them.")
include(CPack)
