# SPDX-License-Identifier: Apache-2.0
# pion::libnccl, NVIDIA's NCCL, which comes without a package for CMake. Used by the build and by
# the installed package alike; pion_no_nccl says why there is none. NCCL_ROOT says where else to look.
set(pion_no_nccl "")
find_package(CUDAToolkit QUIET)
find_path(PION_NCCL_INCLUDE_DIR nccl.h HINTS ${NCCL_ROOT} ENV NCCL_ROOT ${CUDAToolkit_INCLUDE_DIRS}
          PATH_SUFFIXES include)
find_library(PION_NCCL_LIBRARY nccl HINTS ${NCCL_ROOT} ENV NCCL_ROOT ${CUDAToolkit_LIBRARY_DIR}
             PATH_SUFFIXES lib lib64)
mark_as_advanced(PION_NCCL_INCLUDE_DIR PION_NCCL_LIBRARY)
if(NOT PION_NCCL_INCLUDE_DIR OR NOT PION_NCCL_LIBRARY)
  set(pion_no_nccl "no NCCL; Debian and Ubuntu: libnccl-dev, or say where by -DNCCL_ROOT=...")
elseif(NOT TARGET pion::libnccl)
  add_library(pion::libnccl INTERFACE IMPORTED)
  target_include_directories(pion::libnccl SYSTEM INTERFACE ${PION_NCCL_INCLUDE_DIR})
  target_link_libraries(pion::libnccl INTERFACE ${PION_NCCL_LIBRARY})
endif()
