// SPDX-License-Identifier: Apache-2.0
// Covers detail/language.hpp.
// options: -std=c++14
// expected-error: pion needs C\+\+17: compile with -std=c\+\+17 or later
#include <pion/pion.hpp>
