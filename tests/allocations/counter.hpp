// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How often the program has asked for memory: its own code and what is linked into it, by malloc()
/// and its kin or by operator new.
long allocations() noexcept;

/// The allocations of one call.
template <class Call>
long count(const Call& call) {
  const long before = allocations();
  call();
  return allocations() - before;
}
