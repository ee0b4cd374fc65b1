# SPDX-License-Identifier: Apache-2.0
set(CMAKE_SYSTEM_PROCESSOR i386)
set(triple i686-linux-gnu)
# The x87 computes with 64 bits, and pion/certify refuses it: SSE2 has double arithmetic.
set(CMAKE_CXX_FLAGS_INIT "-msse2 -mfpmath=sse")
include(${CMAKE_CURRENT_LIST_DIR}/qemu.cmake)
