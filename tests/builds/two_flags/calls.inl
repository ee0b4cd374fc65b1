// SPDX-License-Identifier: Apache-2.0
// What both files do.
#include <pion/pion.hpp>

#include "calls.hpp"

namespace {

Results calls(const std::vector<double>& x) {
  using Matrix = Eigen::Map<const Eigen::MatrixXd, Eigen::Unaligned>;
  using Output = Eigen::Map<Eigen::MatrixXd, Eigen::Unaligned>;
  const Matrix given(x.data(), rows, cols);
  Results r{std::vector<double>(x.size()), std::vector<double>(x.size()),
            std::vector<double>(x.size())};
  const pion::Filter f{pion::chains::high_pass(2)};
  pion::apply(f, given, Output(r.filtered.data(), rows, cols));
  pion::Workspace workspace;
  pion::apply(f, given, Output(r.within.data(), rows, cols), workspace,
              pion::Tolerance{1e-6, pion::Method::low_rank});
  pion::apply_svd(f, given, Output(r.svd.data(), rows, cols));
  return r;
}

}  // namespace
