# SPDX-License-Identifier: Apache-2.0
# Eigen3::Eigen, 3.4 or later: a target that is there already, the headers in PION_EIGEN_INCLUDE_DIR
# (an Eigen kept in a tree of your own), or the installed package. Used by the build and by the
# installed package alike; pion_no_eigen says why there is none.
set(pion_no_eigen "")
if(TARGET Eigen3::Eigen)
  return()
elseif(PION_EIGEN_INCLUDE_DIR)
  add_library(Eigen3::Eigen INTERFACE IMPORTED)
  target_include_directories(Eigen3::Eigen SYSTEM INTERFACE ${PION_EIGEN_INCLUDE_DIR})
  return()
endif()

find_package(Eigen3 QUIET) # no version here: the package of Eigen 5 refuses a request for 3.4
if(NOT Eigen3_FOUND)
  set(pion_no_eigen "pion needs Eigen 3.4 or later")
elseif(Eigen3_VERSION VERSION_LESS 3.4)
  set(pion_no_eigen "pion needs Eigen 3.4 or later; ${Eigen3_DIR} is ${Eigen3_VERSION}")
endif()
