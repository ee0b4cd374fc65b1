# SPDX-License-Identifier: Apache-2.0
# pion::compiled: the heavy parts of the headers, compiled once, with kernels for several instruction
# sets (src/compiled). Static, or shared with BUILD_SHARED_LIBS.
set(compiled_dir ${PROJECT_SOURCE_DIR}/src/compiled)
set(CMAKE_CXX_CLANG_TIDY "") # the headers have it, all together (tests/builds)
add_library(
  pion_compiled ${compiled_dir}/float.cpp ${compiled_dir}/double.cpp
                ${compiled_dir}/instruction_set.cpp)
add_library(pion::compiled ALIAS pion_compiled)
target_link_libraries(pion_compiled PUBLIC pion::pion)
# Who links it takes the declarations alone.
target_compile_definitions(pion_compiled INTERFACE PION_COMPILED PION_DECOMPOSITIONS_COMPILED)
# The linker must not take one of Eigen's functions, compiled here, for a user's file that has other
# flags; so Eigen has a name of its own.
target_compile_definitions(pion_compiled PRIVATE PION_DECOMPOSITIONS_COMPILED Eigen=pion_eigen)
set_target_properties(
  pion_compiled PROPERTIES EXPORT_NAME compiled POSITION_INDEPENDENT_CODE ON
                           VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION})
target_link_libraries(pion_compiled PRIVATE $<BUILD_INTERFACE:pion_strict>)

# pion_kernels_of(<set> <flag>...): what is compiled for one instruction set.
function(pion_kernels_of set)
  add_library(pion_kernels_${set} OBJECT ${compiled_dir}/kernels.cpp)
  # g++ 12 makes the sweeps four times slower where it is told -O2 alone.
  target_compile_options(pion_kernels_${set} PRIVATE ${ARGN} $<$<CONFIG:Release,RelWithDebInfo>:-O3>)
  target_compile_definitions(
    pion_kernels_${set} PRIVATE pion=pion_${set} Eigen=pion_eigen_${set} PION_KERNELS_OF=${set}
                                PION_DECOMPOSITIONS_COMPILED)
  target_link_libraries(pion_kernels_${set} PRIVATE pion_strict pion::pion)
  set_target_properties(pion_kernels_${set} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_sources(pion_compiled PRIVATE $<TARGET_OBJECTS:pion_kernels_${set}>)
  if(PION_ENABLE_OPENMP)
    target_link_libraries(pion_kernels_${set} PRIVATE OpenMP::OpenMP_CXX)
  endif()
endfunction()
# pion_decompositions_of(<set> <flag>...): the decompositions for it.
function(pion_decompositions_of set)
  set(eigens ${PROJECT_SOURCE_DIR}/src/decompositions)
  add_library(
    pion_decompositions_${set} OBJECT ${eigens}/svd_float.cpp ${eigens}/svd_double.cpp
                                      ${eigens}/symmetric_eigen.cpp ${eigens}/qr.cpp)
  # The sanitizers would double the time of the whole build for this code of Eigen's.
  target_compile_options(
    pion_decompositions_${set} PRIVATE ${ARGN}
                                       "$<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=all>")
  target_compile_definitions(
    pion_decompositions_${set} PRIVATE pion=pion_${set} Eigen=pion_eigen_${set}
                                       PION_KERNELS_OF=${set})
  target_link_libraries(pion_decompositions_${set} PRIVATE pion_strict pion::pion)
  set_target_properties(pion_decompositions_${set} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_sources(pion_compiled PRIVATE $<TARGET_OBJECTS:pion_decompositions_${set}>)
  if(PION_ENABLE_OPENMP)  # for Eigen's products
    target_link_libraries(pion_decompositions_${set} PRIVATE OpenMP::OpenMP_CXX)
  endif()
endfunction()

if(PION_ENABLE_OPENMP)
  target_link_libraries(pion_compiled PRIVATE OpenMP::OpenMP_CXX)
endif()
# What the compiler takes where it is told nothing: on 64-bit ARM, that is NEON.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  target_compile_definitions(pion_compiled PRIVATE PION_KERNELS_NEON)
  pion_kernels_of(neon)
  set(decompositions neon)
else()
  pion_kernels_of(baseline)
  set(decompositions baseline)
endif()
# Not on Windows, where g++ keeps wide vectors at places of the stack that are not aligned for them.
set(wider "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$"
   AND CMAKE_SIZEOF_VOID_P EQUAL 8
   AND NOT WIN32)
  set(wider avx2 avx512)
endif()
# A sanitizer sees what runs. Threads are not the kernels' matter; and what this processor does not
# have would take two minutes to compile.
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
  set(wider "")
elseif(CMAKE_CXX_FLAGS MATCHES "-fsanitize" AND EXISTS /proc/cpuinfo)
  file(STRINGS /proc/cpuinfo has_avx512 REGEX avx512vl LIMIT_COUNT 1)
  if(NOT has_avx512)
    list(REMOVE_ITEM wider avx512)
  endif()
endif()
set(avx2 -mavx2 -mfma)
set(avx512 ${avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl)
foreach(set IN LISTS wider)
  string(TOUPPER ${set} SET)
  target_compile_definitions(pion_compiled PRIVATE PION_KERNELS_${SET})
  pion_kernels_of(${set} ${${set}})
endforeach()
if(wider)
  list(APPEND decompositions avx2)
endif()
# Eigen's decompositions take a minute of the compiler for each set. pion's own builds have them
# once, with the build's flags.
if(PION_ONE_DECOMPOSITION)
  target_compile_definitions(pion_compiled PRIVATE PION_ONE_DECOMPOSITION)
  set(decompositions own)
  set(own ${pion_machine})
endif()
foreach(set IN LISTS decompositions)
  pion_decompositions_of(${set} ${${set}})
endforeach()
unset(CMAKE_CXX_CLANG_TIDY)
