# SPDX-License-Identifier: Apache-2.0
# What Debian's cross compilers for Linux have in common. Programs run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_CXX_COMPILER ${triple}-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-${CMAKE_SYSTEM_PROCESSOR};-L;/usr/${triple} CACHE STRING "")
