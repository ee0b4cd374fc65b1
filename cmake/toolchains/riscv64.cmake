# SPDX-License-Identifier: Apache-2.0
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(triple riscv64-linux-gnu)
include(${CMAKE_CURRENT_LIST_DIR}/qemu.cmake)
