# SPDX-License-Identifier: Apache-2.0
# pion::cuda, a library with the kernels of pion/cuda/ compiled by nvcc. Whoever links it needs the
# toolkit's headers and libraries, but no nvcc.
find_package(CUDAToolkit REQUIRED)
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  # Machine code for Hopper, and what drivers make others' from (Ampere and later).
  set(CMAKE_CUDA_ARCHITECTURES 80-virtual 90-real)
endif()
if(NOT CMAKE_CUDA_COMPILER AND CUDAToolkit_NVCC_EXECUTABLE)
  set(CMAKE_CUDA_COMPILER ${CUDAToolkit_NVCC_EXECUTABLE})
endif()
enable_language(CUDA)

add_library(pion_cuda STATIC src/cuda.cu)
add_library(pion::cuda ALIAS pion_cuda)
target_compile_features(pion_cuda PRIVATE cuda_std_17)
target_compile_options(
  pion_cuda PRIVATE $<$<BOOL:${PION_WARNINGS_AS_ERRORS}>:--Werror=all-warnings>)
target_link_libraries(
  pion_cuda PUBLIC pion::pion CUDA::cudart CUDA::cublas CUDA::cusolver)
set_target_properties(pion_cuda PROPERTIES EXPORT_NAME cuda)
