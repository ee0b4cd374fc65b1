// SPDX-License-Identifier: Apache-2.0
// What both files do.
#include <pion/apply.hpp>
#include <pion/apply/within.hpp>
#include <pion/filter.hpp>

#include "calls.hpp"

namespace {

Results calls(const std::vector<double>& x) {
  using Input = Eigen::Map<const Eigen::MatrixXd>;
  using Output = Eigen::Map<Eigen::MatrixXd>;
  const Input given(x.data(), rows, cols);
  Results r{std::vector<double>(x.size()), std::vector<double>(x.size())};
  const pion::Filter f{pion::chains::high_pass(2)};
  pion::Workspace workspace;
  pion::apply(f, given, Output(r.filtered.data(), rows, cols), workspace);
  pion::apply(f, given, Output(r.within.data(), rows, cols), workspace,
              pion::Tolerance{tolerance, pion::Method::low_rank});
  return r;
}

}  // namespace
