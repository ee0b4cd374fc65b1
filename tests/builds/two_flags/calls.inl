// SPDX-License-Identifier: Apache-2.0
// What both files do.
#include <typeinfo>

#include <pion/apply.hpp>
#include <pion/apply/within.hpp>
#include <pion/filter.hpp>

#include "calls.hpp"

namespace {

Results calls(const std::vector<double> &x) {
  using Matrix = Eigen::MatrixXd;
  const Eigen::Map<const Matrix> given(x.data(), rows, cols);
  using Kernels = pion::engine::eigen::Kernels<double>;
  Results r{typeid(Kernels).name(),          typeid(pion::DefaultEngine).name(), x, x, x,
            std::vector<float>(x.size())};
  const pion::Filter f{pion::chains::high_pass(2)};
  pion::Workspace workspace;
  Eigen::Map<Matrix> dense(r.dense.data(), rows, cols), gram(r.gram.data(), rows, cols);
  pion::apply(f, given, dense, workspace, pion::Method::dense);
  pion::apply(f, given, gram, workspace, pion::Method::gram);
  Eigen::Map<Eigen::MatrixXf> in_float(r.in_float.data(), rows, cols);
  pion::apply(f, given.cast<float>(), in_float, workspace);
  Eigen::Map<Matrix> within(r.within.data(), rows, cols);
  pion::apply(f, given, within, workspace, pion::Tolerance{tolerance, pion::Method::low_rank});
  return r;
}

}  // namespace
