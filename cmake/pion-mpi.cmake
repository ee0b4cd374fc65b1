# SPDX-License-Identifier: Apache-2.0
# MPI::MPI_CXX, by the C interface. Used by the build and by the installed package alike; pion_no_mpi
# says why there is none.
set(pion_no_mpi "")
set(MPI_CXX_SKIP_MPICXX ON)
find_package(MPI 3 QUIET COMPONENTS CXX)
if(NOT MPI_CXX_FOUND)
  set(pion_no_mpi "no MPI 3 for ${CMAKE_CXX_COMPILER}; Debian: libopenmpi-dev openmpi-bin")
endif()
