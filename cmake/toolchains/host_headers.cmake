# SPDX-License-Identifier: Apache-2.0
# For CMAKE_PROJECT_TOP_LEVEL_INCLUDES of a cross build: the packages that are headers alone are
# those of this machine. Links in a folder of their own lead to them, for /usr/include has this
# machine's C library too.
set(pion_host_headers ${CMAKE_BINARY_DIR}/host_headers)
file(MAKE_DIRECTORY ${pion_host_headers})
foreach(name IN ITEMS catch2 CLI fmt nlohmann LBFGSpp LBFGS.h LBFGSB.h)
  file(CREATE_LINK /usr/include/${name} ${pion_host_headers}/${name} SYMBOLIC)
endforeach()
set(PION_EIGEN_INCLUDE_DIR /usr/include/eigen3 CACHE PATH "")
set(PION_LBFGSPP_INCLUDE_DIR ${pion_host_headers} CACHE PATH "")

# These find_package() finds here. Catch2 is headers alone in version 2; version 3 is downloaded and
# compiled (PION_FETCH).
set(pion_host_packages CLI11::CLI11 fmt::fmt nlohmann_json::nlohmann_json)
if(EXISTS /usr/include/catch2/catch.hpp)
  list(APPEND pion_host_packages Catch2::Catch2)
else()
  set(CMAKE_DISABLE_FIND_PACKAGE_Catch2 ON)
endif()
foreach(package IN LISTS pion_host_packages)
  add_library(${package} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${package} SYSTEM INTERFACE ${pion_host_headers})
endforeach()
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY)
macro(pion_host_package method package)
  if("${pion_host_packages}" MATCHES "(^|;)${package}::")
    set(${package}_FOUND TRUE)
  endif()
endmacro()
cmake_language(SET_DEPENDENCY_PROVIDER pion_host_package SUPPORTED_METHODS FIND_PACKAGE)

if(TARGET Catch2::Catch2)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/catch_main.cpp
       CONTENT "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n")
  add_library(catch_main STATIC EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/catch_main.cpp)
  target_link_libraries(catch_main PUBLIC Catch2::Catch2)
  add_library(Catch2::Catch2WithMain ALIAS catch_main)
  list(APPEND CMAKE_MODULE_PATH /usr/lib/cmake/Catch2) # catch_discover_tests()
endif()
