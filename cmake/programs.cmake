# SPDX-License-Identifier: Apache-2.0
# How the programs of this tree are built. Nothing here reaches whoever links pion.
set(pion_machine "")
if(PION_NATIVE AND CMAKE_CROSSCOMPILING)
  message(WARNING "PION_NATIVE has no effect: a cross build is for another CPU than this machine's")
elseif(PION_NATIVE)
  set(pion_machine -march=native)
endif()
add_library(pion_strict INTERFACE)
target_compile_options(
  pion_strict
  INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion
            # Of files compiled as one, clang calls a variable the shadow of another file's.
            $<$<NOT:$<AND:$<BOOL:${PION_UNITY}>,$<CXX_COMPILER_ID:Clang>>>:-Wshadow>
            # g++ finds false ones in its own AVX-512 intrinsics; clang looks for the true ones.
            "$<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized;-Wno-maybe-uninitialized>"
            $<$<BOOL:${PION_WARNINGS_AS_ERRORS}>:-Werror>)
add_library(pion_own INTERFACE)
target_link_libraries(pion_own INTERFACE pion_strict)
target_compile_options(pion_own INTERFACE ${pion_machine})

# For what computes little itself, where a Debug build has a sanitizer: to optimise what clang's have
# added takes three times as long as all else.
set(pion_quick $<$<CONFIG:Debug>:-O0>)

# For a target of many files that include the same: with PION_UNITY several are compiled as one, and
# what they include is parsed and instantiated once. What such files define has names of its own.
function(pion_unity)
  set_target_properties(${ARGN} PROPERTIES UNITY_BUILD ${PION_UNITY} UNITY_BUILD_BATCH_SIZE 6)
  if(PION_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ takes such a file for a header, which must not have an anonymous namespace.
    foreach(target IN LISTS ARGN)
      target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
    endforeach()
  endif()
endfunction()

# The engine of the programs that may have threads.
set(pion_fastest pion::pion)
if(PION_ENABLE_OPENMP)
  set(pion_fastest pion::openmp)
endif()

# For a program that is to compile the headers itself: pion::compiled's decompositions alone, without
# which every file that decomposes a matrix takes twenty to fifty seconds longer.
add_library(pion_decompositions INTERFACE)
target_link_libraries(pion_decompositions INTERFACE pion::pion $<LINK_ONLY:pion_compiled>)
target_compile_definitions(pion_decompositions INTERFACE PION_DECOMPOSITIONS_COMPILED)

# A program on pion::compiled that CTest runs as <label>.<name>.
function(pion_program label name)
  add_executable(${label}_${name} ${ARGN})
  target_link_libraries(${label}_${name} PRIVATE pion_own pion::compiled)
  add_test(NAME ${label}.${name} COMMAND ${label}_${name})
  set_tests_properties(${label}.${name} PROPERTIES LABELS ${label})
endfunction()
