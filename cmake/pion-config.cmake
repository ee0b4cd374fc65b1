# SPDX-License-Identifier: Apache-2.0
# find_package(pion) gives pion::pion; COMPONENTS openmp gives pion::openmp beside it, and blas,
# mpi, compiled, cuda, nccl or torch pion::blas, pion::mpi, pion::compiled, pion::cuda, pion::nccl
# or pion::torch.
macro(pion_refuse reason)
  set(pion_FOUND FALSE)
  set(pion_NOT_FOUND_MESSAGE "${reason}")
  return() # from this file: a macro's text stands where it is called
endmacro()

if(CMAKE_VERSION VERSION_LESS 3.16)
  pion_refuse("pion needs CMake 3.16 or later")
endif()
cmake_policy(VERSION 3.16) # in this file alone
include(CMakeFindDependencyMacro)

include(${CMAKE_CURRENT_LIST_DIR}/pion-eigen.cmake)
if(pion_no_eigen)
  pion_refuse("${pion_no_eigen}")
endif()
if(NOT TARGET pion::pion)
  include(${CMAKE_CURRENT_LIST_DIR}/pion-pion-targets.cmake)
  target_link_libraries(pion::pion INTERFACE Eigen3::Eigen)
endif()

# pion::torch stands on pion::compiled, and on pion::openmp where that was built.
if("torch" IN_LIST pion_FIND_COMPONENTS)
  list(PREPEND pion_FIND_COMPONENTS compiled)
  if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/pion-openmp-targets.cmake)
    list(PREPEND pion_FIND_COMPONENTS openmp)
  endif()
  list(REMOVE_DUPLICATES pion_FIND_COMPONENTS)
  include(${CMAKE_CURRENT_LIST_DIR}/pion-torch.cmake)
  if(pion_no_torch)
    pion_refuse("pion::torch: ${pion_no_torch}")
  endif()
endif()

# A compiled library that has threads needs OpenMP's.
if("openmp" IN_LIST pion_FIND_COMPONENTS OR
   ("compiled" IN_LIST pion_FIND_COMPONENTS AND
    EXISTS ${CMAKE_CURRENT_LIST_DIR}/pion-openmp-targets.cmake))
  include(${CMAKE_CURRENT_LIST_DIR}/pion-openmp.cmake)
  if(pion_no_openmp)
    pion_refuse("pion::openmp: ${pion_no_openmp}")
  endif()
endif()
if("blas" IN_LIST pion_FIND_COMPONENTS)
  include(${CMAKE_CURRENT_LIST_DIR}/pion-blas.cmake)
  if(pion_no_blas)
    pion_refuse("pion::blas: ${pion_no_blas}")
  endif()
endif()
if("mpi" IN_LIST pion_FIND_COMPONENTS)
  include(${CMAKE_CURRENT_LIST_DIR}/pion-mpi.cmake)
  if(pion_no_mpi)
    pion_refuse("pion::mpi: ${pion_no_mpi}")
  endif()
endif()
if("nccl" IN_LIST pion_FIND_COMPONENTS) # which stands on pion::cuda
  list(PREPEND pion_FIND_COMPONENTS cuda)
  list(REMOVE_DUPLICATES pion_FIND_COMPONENTS)
  include(${CMAKE_CURRENT_LIST_DIR}/pion-nccl.cmake)
  if(pion_no_nccl)
    pion_refuse("pion::nccl: ${pion_no_nccl}")
  endif()
endif()
if("cuda" IN_LIST pion_FIND_COMPONENTS)
  if(CMAKE_VERSION VERSION_LESS 3.17)
    pion_refuse("pion::cuda needs CMake 3.17 or later")
  endif()
  find_dependency(CUDAToolkit)
endif()
foreach(component IN LISTS pion_FIND_COMPONENTS)
  include(${CMAKE_CURRENT_LIST_DIR}/pion-${component}-targets.cmake OPTIONAL
          RESULT_VARIABLE pion_${component}_FOUND)
  if(pion_FIND_REQUIRED_${component} AND NOT pion_${component}_FOUND)
    pion_refuse("this installation of pion has no component ${component}")
  endif()
endforeach()
