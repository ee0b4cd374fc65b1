# SPDX-License-Identifier: Apache-2.0
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(triple s390x-linux-gnu)
include(${CMAKE_CURRENT_LIST_DIR}/qemu.cmake)
