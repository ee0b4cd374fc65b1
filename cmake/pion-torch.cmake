# SPDX-License-Identifier: Apache-2.0
# pion::libtorch: LibTorch 2 on the CPU, of its own distribution or of PyTorch's package for pip. Used
# by the build and by the installed package alike; pion_no_torch says why there is none.
#
# LibTorch's own package file is found, but not run: that of a LibTorch for GPUs ends the configuration
# where there is no CUDA of its version.
set(pion_no_torch "")
if(TARGET pion::libtorch)
  return()
endif()
find_path(PION_TORCH_DIR TorchConfig.cmake HINTS ${Torch_DIR} ${Torch_ROOT} ${CMAKE_PREFIX_PATH}
          PATH_SUFFIXES share/cmake/Torch Torch torch/share/cmake/Torch
          DOC "The folder of LibTorch's TorchConfig.cmake")
if(NOT PION_TORCH_DIR)
  set(pion_no_torch "no LibTorch: set CMAKE_PREFIX_PATH to its folder, of PyTorch for pip to \
site-packages/torch")
  return()
endif()

get_filename_component(pion_torch_root ${PION_TORCH_DIR}/../../.. ABSOLUTE)
foreach(library IN ITEMS torch_cpu c10)
  find_library(PION_LIB_${library} ${library} HINTS ${pion_torch_root}/lib)
  mark_as_advanced(PION_LIB_${library})
  if(NOT PION_LIB_${library})
    set(pion_no_torch "no library ${library} beside ${PION_TORCH_DIR}")
    return()
  endif()
endforeach()
set(pion_torch_version "")
if(EXISTS ${pion_torch_root}/include/torch/csrc/api/include/torch/version.h)
  file(STRINGS ${pion_torch_root}/include/torch/csrc/api/include/torch/version.h pion_torch_version
       REGEX "define TORCH_VERSION_MAJOR [0-9]+")
endif()
if(pion_torch_version MATCHES "MAJOR [01]$")
  set(pion_no_torch "the LibTorch in ${pion_torch_root} is older than 2.0")
  return()
endif()
# Until 2.5 the package for pip had the std::string of before C++11, which all that is linked with it
# must have then.
file(STRINGS ${PION_TORCH_DIR}/TorchConfig.cmake pion_torch_abi
     REGEX "_GLIBCXX_USE_CXX11_ABI=0")
if(pion_torch_abi AND NOT CMAKE_CXX_FLAGS MATCHES "-D_GLIBCXX_USE_CXX11_ABI=0")
  set(pion_no_torch "the LibTorch in ${pion_torch_root} has the ABI of before C++11: take 2.6 or \
later, or build everything with -DCMAKE_CXX_FLAGS=-D_GLIBCXX_USE_CXX11_ABI=0")
  return()
endif()

add_library(pion::libtorch SHARED IMPORTED)
set_target_properties(
  pion::libtorch
  PROPERTIES IMPORTED_LOCATION ${PION_LIB_torch_cpu}
             INTERFACE_LINK_LIBRARIES ${PION_LIB_c10}
             INTERFACE_COMPILE_FEATURES cxx_std_20 # its headers ask for it
             INTERFACE_INCLUDE_DIRECTORIES
             "${pion_torch_root}/include;${pion_torch_root}/include/torch/csrc/api/include")
