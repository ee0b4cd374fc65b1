// SPDX-License-Identifier: Apache-2.0
#include <typeinfo>

#include <pion/pion.hpp>

#include "defaults.hpp"

Default default_of_b(const Eigen::MatrixXf& x) {
  const pion::Filter f{pion::chains::high_pass(2)};
  return {typeid(pion::DefaultEngine).name(), pion::apply(f, x)};
}
