// SPDX-License-Identifier: Apache-2.0
// expected-error: the communicator lacks sum\(values, count, scratch\) const
#include <pion/distributed/concept.hpp>

struct Unfinished {
  int rank() const { return 0; }
  int size() const { return 1; }
  template <class T>
  void gather(T*, const pion::Index*) const {}
  template <class T>
  void exchange(const T*, const pion::Index*, T*, const pion::Index*) const {}
  template <class T>
  void broadcast(T*, pion::Index, int) const {}
};

void f() { pion::distributed::require_communicator<Unfinished>(); }
