# SPDX-License-Identifier: Apache-2.0
# OpenMP::OpenMP_CXX. Used by the build and by the installed package alike; pion_no_openmp says why
# there is none.
set(pion_no_openmp "")
find_package(OpenMP QUIET COMPONENTS CXX)
if(OpenMP_CXX_FOUND)
  return()
endif()
set(pion_no_openmp "no OpenMP for ${CMAKE_CXX_COMPILER}; Debian: ")
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  string(REGEX MATCH "^[0-9]+" version "${CMAKE_CXX_COMPILER_VERSION}")
  string(APPEND pion_no_openmp "libomp-${version}-dev")
else()
  string(APPEND pion_no_openmp "libgomp1")
endif()
