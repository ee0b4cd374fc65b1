# SPDX-License-Identifier: Apache-2.0
# What pion's parts need: found, downloaded where PION_FETCH says so, or asked for in one message.
include(FetchContent)
set(missing "")
set(system "")
if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.25)
  set(system SYSTEM) # without: warnings of its headers, at most
endif()

# pion_need(<package> <target>...): a parent may have the target already, from wherever.
macro(pion_need package target debian_package archive)
  if(TARGET ${target})
    set(${package}_FOUND TRUE)
  else()
    find_package(${package} QUIET)
  endif()
  if(NOT ${package}_FOUND AND PION_FETCH)
    message(STATUS "Downloading ${archive}")
    FetchContent_Declare(${package} URL ${archive} ${system})
    FetchContent_MakeAvailable(${package})
  elseif(NOT ${package}_FOUND)
    list(APPEND missing ${debian_package})
  endif()
endmacro()

include(cmake/pion-eigen.cmake)
if(pion_no_eigen AND PION_FETCH)
  set(archive https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.gz)
  message(STATUS "Downloading ${archive}")
  FetchContent_Declare(eigen URL ${archive} SOURCE_SUBDIR none) # the headers, not Eigen's own build
  FetchContent_MakeAvailable(eigen)
  set(PION_EIGEN_INCLUDE_DIR ${eigen_SOURCE_DIR})
  include(cmake/pion-eigen.cmake)
elseif(pion_no_eigen)
  message(STATUS "${pion_no_eigen}")
  list(APPEND missing libeigen3-dev)
endif()

set(github https://github.com)
if(PION_BUILD_TESTS)
  pion_need(Catch2 Catch2::Catch2WithMain catch2
            ${github}/catchorg/Catch2/archive/refs/tags/v3.5.4.tar.gz)
  if(catch2_SOURCE_DIR)
    list(APPEND CMAKE_MODULE_PATH ${catch2_SOURCE_DIR}/extras)
  endif()
endif()
if(PION_BUILD_PYTHON AND missing)
  message(FATAL_ERROR "Eigen 3.4 is missing: install libeigen3-dev (Debian and Ubuntu)")
endif()
if(PION_BUILD_TOOL)
  pion_need(CLI11 CLI11::CLI11 libcli11-dev
            ${github}/CLIUtils/CLI11/archive/refs/tags/v2.4.2.tar.gz)
  pion_need(nlohmann_json nlohmann_json::nlohmann_json nlohmann-json3-dev
            ${github}/nlohmann/json/archive/refs/tags/v3.11.3.tar.gz)
  pion_need(fmt fmt::fmt libfmt-dev ${github}/fmtlib/fmt/archive/refs/tags/10.2.1.tar.gz)
  # Headers, without a package file of CMake's on Debian.
  find_path(PION_LBFGSPP_INCLUDE_DIR LBFGSB.h)
  if(NOT PION_LBFGSPP_INCLUDE_DIR AND PION_FETCH)
    set(archive ${github}/yixuan/LBFGSpp/archive/refs/tags/v0.3.0.tar.gz)
    message(STATUS "Downloading ${archive}")
    FetchContent_Declare(lbfgspp URL ${archive} SOURCE_SUBDIR none)
    FetchContent_MakeAvailable(lbfgspp)
    set(PION_LBFGSPP_INCLUDE_DIR ${lbfgspp_SOURCE_DIR}/include)
  elseif(NOT PION_LBFGSPP_INCLUDE_DIR)
    list(APPEND missing liblbfgspp-dev)
  endif()
  if(PION_BUILD_PYTHON AND missing)
    list(JOIN missing " " missing)
    message(WARNING "The package is built without the command pion, for want of ${missing}")
    set(PION_BUILD_TOOL OFF)
    set(missing "")
  endif()
endif()
if(PION_BUILD_BENCH)
  set(BENCHMARK_ENABLE_TESTING OFF)
  pion_need(benchmark benchmark::benchmark libbenchmark-dev
            ${github}/google/benchmark/archive/refs/tags/v1.8.4.tar.gz)
endif()

if(missing)
  list(JOIN missing " " missing)
  message(FATAL_ERROR
    "Not found: ${missing} (their names on Debian and Ubuntu). Install them, or let CMake download "
    "them with -DPION_FETCH=ON. The library alone needs Eigen only: -DPION_BUILD_TESTS=OFF "
    "-DPION_BUILD_TOOL=OFF leave out what needs the rest.")
endif()
