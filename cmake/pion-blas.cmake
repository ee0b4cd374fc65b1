# SPDX-License-Identifier: Apache-2.0
# pion::cblas: a BLAS with its C header. OpenBLAS, unless BLA_VENDOR names another one (FLAME is
# BLIS, Intel10_64lp is MKL). Used by the build and by the installed package alike; pion_no_blas says
# why there is none.
set(pion_no_blas "")
if(TARGET pion::cblas)
  return()
endif()
if(NOT BLA_VENDOR)
  set(BLA_VENDOR OpenBLAS)
endif()
find_package(BLAS QUIET)
find_path(PION_CBLAS_INCLUDE_DIR NAMES cblas.h mkl_cblas.h PATH_SUFFIXES openblas blis mkl)
if(NOT BLAS_FOUND)
  set(pion_no_blas "no BLAS of the vendor ${BLA_VENDOR} (BLA_VENDOR); Debian: libopenblas-dev")
elseif(NOT PION_CBLAS_INCLUDE_DIR)
  set(pion_no_blas "no cblas.h (PION_CBLAS_INCLUDE_DIR); Debian: libopenblas-dev")
else()
  add_library(pion::cblas INTERFACE IMPORTED)
  # The target BLAS::BLAS is of CMake 3.18 and later.
  target_link_libraries(pion::cblas INTERFACE ${BLAS_LINKER_FLAGS} ${BLAS_LIBRARIES})
  target_include_directories(pion::cblas SYSTEM INTERFACE ${PION_CBLAS_INCLUDE_DIR})
  # With its LAPACK, singular values take less time. Not every BLAS has one.
  find_package(LAPACK QUIET)
  if(LAPACK_FOUND)
    include(CheckCXXSourceCompiles)
    set(CMAKE_REQUIRED_LIBRARIES ${LAPACK_LINKER_FLAGS} ${LAPACK_LIBRARIES})
    check_cxx_source_compiles(
      "extern \"C\" void dsyevd_2stage_(); int main() { dsyevd_2stage_(); }" PION_LAPACK_2STAGE)
    unset(CMAKE_REQUIRED_LIBRARIES)
    target_link_libraries(pion::cblas INTERFACE ${LAPACK_LINKER_FLAGS} ${LAPACK_LIBRARIES})
    target_compile_definitions(
      pion::cblas INTERFACE PION_LAPACK $<$<BOOL:${PION_LAPACK_2STAGE}>:PION_LAPACK_2STAGE>)
  endif()
endif()
