# SPDX-License-Identifier: Apache-2.0
# Windows by MinGW-w64, with its POSIX threads, which std::mutex needs. Programs run under wine, and
# are linked statically so that they find their libraries there.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(OpenMP_gomp_LIBRARY gomp CACHE STRING "") # or FindOpenMP would take the shared one
set(CMAKE_CROSSCOMPILING_EMULATOR wine CACHE STRING "")
# g++ 12 crashes at -O3 where a header is precompiled.
set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
