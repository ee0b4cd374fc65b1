# SPDX-License-Identifier: Apache-2.0
# cmake -D BUILD=... -D PREFIX=... -P install.cmake: installs BUILD and moves all of it to PREFIX.
# What still names the first place cannot be found by who uses it then.
file(REMOVE_RECURSE ${PREFIX} ${PREFIX}_first)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX}_first
                COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${PREFIX}_first ${PREFIX})
