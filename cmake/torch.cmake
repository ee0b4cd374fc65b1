# SPDX-License-Identifier: Apache-2.0
# pion::torch: the recipes and filters of the library on LibTorch's tensors (docs/libtorch.md). What it
# has of the recipes and chains by name is compiled into it.
include(cmake/pion-torch.cmake)
if(pion_no_torch)
  message(FATAL_ERROR "PION_ENABLE_TORCH is ON, but there is ${pion_no_torch}")
endif()
if(NOT PION_BUILD_COMPILED OR PION_NATIVE)
  # Recipes by value must not meet a library of another instruction set (pion/torch/recipe.hpp).
  message(FATAL_ERROR "PION_ENABLE_TORCH needs PION_BUILD_COMPILED=ON and PION_NATIVE=OFF")
endif()

file(GLOB torch_sources CONFIGURE_DEPENDS src/torch/*.cpp)
add_library(pion_torch STATIC ${torch_sources} $<TARGET_OBJECTS:pion_recipes>
                              $<TARGET_OBJECTS:pion_chain_names>)
add_library(pion::torch ALIAS pion_torch)
target_link_libraries(
  pion_torch
  PUBLIC pion::compiled ${pion_fastest} pion::libtorch
  PRIVATE $<BUILD_INTERFACE:pion_strict>)
target_include_directories(pion_torch PRIVATE ${PROJECT_SOURCE_DIR}/tools)
# LibTorch's headers take half a minute.
target_precompile_headers(
  pion_torch PRIVATE <torch/nn/module.h> <torch/serialize/archive.h> <torch/types.h>
  <torch/optim/optimizer.h>)
set_target_properties(pion_torch PROPERTIES EXPORT_NAME torch POSITION_INDEPENDENT_CODE ON)
