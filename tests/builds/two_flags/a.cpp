// SPDX-License-Identifier: Apache-2.0
#include "calls.inl"

Results results_of_a(const std::vector<double> &x) { return calls(x); }
