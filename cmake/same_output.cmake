# SPDX-License-Identifier: Apache-2.0
# cmake -D PROGRAM=... -D EXPECTED=FILE -P same_output.cmake: PROGRAM must print what FILE holds.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
file(READ ${EXPECTED} expected)
if(NOT printed STREQUAL expected)
  message(FATAL_ERROR "The documentation says:\n${expected}\nThe program prints:\n${printed}")
endif()
