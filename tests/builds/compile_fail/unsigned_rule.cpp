// SPDX-License-Identifier: Apache-2.0
// expected-error: a part of a recipe needs std::string signature\(\) const
#include <pion/optimizer.hpp>

struct Rule {
  template <class Engine, class T>
  pion::optimizer::Direction direct(const pion::engine::View<T>&, pion::Workspace&) const {
    return {};
  }
};

auto f() {
  const pion::optimizer::Recipe recipe{Rule{}, pion::optimizer::HeavyBall{}};
  return pion::optimizer::initial_state<float>(recipe, 2, 3);
}
