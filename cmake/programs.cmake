# SPDX-License-Identifier: Apache-2.0
# How the programs of this tree are built. Nothing here reaches whoever links pion.
add_library(pion_own INTERFACE)
target_compile_options(
  pion_own
  INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
            # g++ finds false ones in its own AVX-512 intrinsics; clang looks for the true ones.
            "$<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized;-Wno-maybe-uninitialized>"
            $<$<BOOL:${PION_WARNINGS_AS_ERRORS}>:-Werror>
            $<$<BOOL:${PION_NATIVE}>:-march=native>)

# The engine of the programs that may have threads.
set(pion_fastest pion::pion)
if(PION_ENABLE_OPENMP)
  set(pion_fastest pion::openmp)
endif()

# What decomposes a matrix, compiled once for all programs of this tree: every translation unit that
# compiles its own takes twenty to fifty seconds longer. Linking it is enough to share it.
set(decompositions ${PROJECT_SOURCE_DIR}/src/decompositions)
set(eigens ${decompositions}/svd_float.cpp ${decompositions}/svd_double.cpp
           ${decompositions}/symmetric_eigen.cpp)
add_library(pion_decompositions STATIC EXCLUDE_FROM_ALL ${eigens})
target_link_libraries(pion_decompositions PRIVATE pion_own ${pion_fastest})
target_compile_definitions(pion_decompositions PUBLIC PION_DECOMPOSITIONS_COMPILED)
# They take and give bare memory, and Eigen has a name of its own in their files: a program that is
# compiled with other flags shares no function with them. (The sanitizers would double the time of the
# whole build for this code of Eigen's.)
set_source_files_properties(
  ${eigens} PROPERTIES COMPILE_DEFINITIONS Eigen=pion_eigen
                       COMPILE_OPTIONS "$<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=all>")

# A program on pion::pion that CTest runs as <label>.<name>.
function(pion_program label name)
  add_executable(${label}_${name} ${ARGN})
  target_link_libraries(${label}_${name} PRIVATE pion_own pion_decompositions pion::pion)
  add_test(NAME ${label}.${name} COMMAND ${label}_${name})
  set_tests_properties(${label}.${name} PROPERTIES LABELS ${label})
endfunction()
