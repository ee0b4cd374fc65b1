# SPDX-License-Identifier: Apache-2.0
# cmake -D TREE=... -D WORK=... -D GENERATOR=... -D COMPILER=... -D EIGEN=... -P configure.cmake:
# what CMake is told of pion, without compiling anything.
file(REMOVE_RECURSE ${WORK})

# configure(<source> <name> <option>...): its messages are in `messages`, `failed` says whether it
# has failed.
macro(configure source name)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -S ${source} -B ${WORK}/${name} -G ${GENERATOR}
            -DCMAKE_CXX_COMPILER=${COMPILER} -DPION_EIGEN_INCLUDE_DIR=${EIGEN} ${ARGN}
    RESULT_VARIABLE failed OUTPUT_VARIABLE messages ERROR_VARIABLE messages)
  string(REGEX REPLACE "[ \n]+" " " messages "${messages}") # CMake wraps its lines
endmacro()
macro(expect)
  if(NOT (${ARGN}))
    message(FATAL_ERROR "Not so: ${ARGN}\n${messages}")
  endif()
endmacro()

# A parent keeps its build type, its target and its Eigen, and exports what links pion. Of pion it
# installs nothing, but for who asks for pion's component.
configure(${TREE}/tests/builds/parent parent -DPION_TREE=${TREE})
expect(NOT failed AND NOT messages MATCHES "CMake [A-Za-z]*( Warning|Deprecat)")
foreach(component IN ITEMS "" "--component;pion_development")
  execute_process(COMMAND ${CMAKE_COMMAND} --install ${WORK}/parent --prefix ${WORK}/prefix ${component}
                  OUTPUT_VARIABLE messages COMMAND_ERROR_IS_FATAL ANY)
  file(GLOB installed RELATIVE ${WORK}/prefix ${WORK}/prefix/*)
  if(NOT component)
    file(READ ${WORK}/prefix/parent/parent.cmake exported)
    expect(installed STREQUAL "parent" AND exported MATCHES "pion::pion")
  endif()
endforeach()
expect(EXISTS ${WORK}/prefix/include/pion/pion.hpp)
expect(EXISTS ${WORK}/prefix/share/doc/pion/LICENSE)

# Two of pion in one build are refused by name.
configure(${TREE}/tests/builds/parent twice -DPION_TREE=${TREE} -DTWICE=ON)
expect(failed AND messages MATCHES "This build has a pion already: add it once")

# Nor does pion look for what its parent has.
set(none "")
foreach(package IN ITEMS Eigen3 fmt CLI11 nlohmann_json)
  list(APPEND none -DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
endforeach()
configure(${TREE}/tests/builds/parent parent_tool -DPION_TREE=${TREE} -DPION_BUILD_TOOL=ON
          -DPION_BUILD_COMPILED=ON -DPION_LBFGSPP_INCLUDE_DIR=${WORK} ${none})
expect(NOT failed)

# Without a build type it is Release, and nothing is for this machine alone.
set(parts -DPION_BUILD_TESTS=OFF -DPION_BUILD_TOOL=OFF)
configure(${TREE} alone ${parts})
expect(NOT messages MATCHES "CMake [A-Za-z]*( Warning|Deprecat)")
load_cache(${WORK}/alone READ_WITH_PREFIX alone_ CMAKE_BUILD_TYPE PION_NATIVE)
expect(alone_CMAKE_BUILD_TYPE STREQUAL "Release" AND alone_PION_NATIVE STREQUAL "OFF")

# A cross build is not for this machine, and OpenMP that is missing is named.
list(APPEND parts -DPION_BUILD_EXAMPLES=OFF)
configure(${TREE} cross ${parts} -DPION_NATIVE=ON -DCMAKE_SYSTEM_NAME=${CMAKE_HOST_SYSTEM_NAME})
expect(NOT failed AND messages MATCHES "PION_NATIVE has no effect: a cross build")
configure(${TREE} alone ${parts} -DPION_ENABLE_OPENMP=ON -DCMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON)
expect(failed AND messages MATCHES "there is no OpenMP for .*Debian: lib[a-z]*omp")

# The package of a PyTorch for GPUs, which fails where there is no CUDA, stops nothing; and a LibTorch
# that does not work here is refused.
set(torch ${WORK}/torch)
set(config ${torch}/share/cmake/Torch/TorchConfig.cmake)
file(WRITE ${config} "message(FATAL_ERROR \"I cannot find CUDA\")\n")
list(APPEND parts -DPION_ENABLE_TORCH=ON -DCMAKE_PREFIX_PATH=${torch})
configure(${TREE} no_torch ${parts})
expect(failed AND messages MATCHES "there is no library torch_cpu beside ${torch}")
file(WRITE ${torch}/lib/libtorch_cpu.so "")
file(WRITE ${torch}/lib/libc10.so "")
file(MAKE_DIRECTORY ${torch}/include/torch/csrc/api/include)
configure(${TREE} torch ${parts})
expect(NOT failed)
file(APPEND ${config} "set(TORCH_CXX_FLAGS \"-D_GLIBCXX_USE_CXX11_ABI=0\")\n")
configure(${TREE} torch ${parts})
expect(failed AND messages MATCHES "has the ABI of before C\\+\\+11: take 2.6 or later")
