# SPDX-License-Identifier: Apache-2.0
# find_package(pion) gives pion::pion; COMPONENTS openmp gives pion::openmp beside it, and
# blas pion::blas.
include(CMakeFindDependencyMacro)

include(${CMAKE_CURRENT_LIST_DIR}/pion-eigen.cmake)
if(pion_no_eigen)
  set(pion_FOUND FALSE)
  set(pion_NOT_FOUND_MESSAGE "${pion_no_eigen}")
  return()
endif()
include(${CMAKE_CURRENT_LIST_DIR}/pion-targets.cmake)

if("openmp" IN_LIST pion_FIND_COMPONENTS)
  find_dependency(OpenMP COMPONENTS CXX)
endif()
if("blas" IN_LIST pion_FIND_COMPONENTS)
  include(${CMAKE_CURRENT_LIST_DIR}/pion-blas.cmake)
  if(pion_no_blas)
    set(pion_FOUND FALSE)
    set(pion_NOT_FOUND_MESSAGE "pion::blas: ${pion_no_blas}")
    return()
  endif()
endif()
foreach(component IN LISTS pion_FIND_COMPONENTS)
  include(${CMAKE_CURRENT_LIST_DIR}/pion-${component}-targets.cmake OPTIONAL
          RESULT_VARIABLE pion_${component}_FOUND)
  if(pion_FIND_REQUIRED_${component} AND NOT pion_${component}_FOUND)
    set(pion_FOUND FALSE)
    set(pion_NOT_FOUND_MESSAGE "this installation of pion has no component ${component}")
  endif()
endforeach()
