# SPDX-License-Identifier: Apache-2.0
# What the package for Python decides before the rest is configured: threads where the compiler has
# OpenMP, and an Eigen of the build requirements (pyproject.toml) where the system has none.
find_package(Python 3.9 REQUIRED COMPONENTS Interpreter Development.Module
                                 OPTIONAL_COMPONENTS Development.SABIModule)
include(cmake/pion-openmp.cmake)
if(pion_no_openmp)
  message(STATUS "One thread: ${pion_no_openmp}")
else()
  set(PION_ENABLE_OPENMP ON)
endif()
include(cmake/pion-eigen.cmake)
if(pion_no_eigen)
  execute_process(COMMAND ${Python_EXECUTABLE} -c "import sys; print(*sys.path, sep=';')"
                  OUTPUT_VARIABLE packages OUTPUT_STRIP_TRAILING_WHITESPACE)
  find_path(pion_wheel_eigen Eigen/Dense PATHS ${packages} NO_DEFAULT_PATH
            PATH_SUFFIXES cmeel.prefix/include/eigen3)
  if(pion_wheel_eigen)
    set(PION_EIGEN_INCLUDE_DIR ${pion_wheel_eigen})
  endif()
endif()
