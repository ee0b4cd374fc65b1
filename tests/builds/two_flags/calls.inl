// SPDX-License-Identifier: Apache-2.0
// What both files do.
#include <typeinfo>

#include <pion/apply.hpp>
#include <pion/apply/within.hpp>
#include <pion/diagnostics.hpp>
#include <pion/filter.hpp>

#include "calls.hpp"

namespace {

Results calls(const std::vector<double> &x) {
  using Matrix = Eigen::MatrixXd;
  const Eigen::Map<const Matrix> given(x.data(), rows, cols);
  using Kernels = pion::engine::eigen::Kernels<double>;
  Results r{};
  r.kernels = typeid(Kernels).name();
  r.engine = typeid(pion::DefaultEngine).name();
  r.dense = r.gram = r.within = x;
  r.in_float.resize(x.size());
  const pion::Filter f{pion::chains::high_pass(2)};
  pion::Workspace workspace;
  Eigen::Map<Matrix> dense(r.dense.data(), rows, cols), gram(r.gram.data(), rows, cols);
  pion::apply(f, given, dense, workspace, pion::Method::dense);
  pion::apply(f, given, gram, workspace, pion::Method::gram);
  Eigen::Map<Eigen::MatrixXf> in_float(r.in_float.data(), rows, cols);
  pion::apply(f, given.cast<float>(), in_float, workspace);
  Eigen::Map<Matrix> within(r.within.data(), rows, cols);
  pion::apply(f, given, within, workspace, pion::Tolerance{tolerance, pion::Method::low_rank});

  const pion::Spectrum found = pion::spectrum(given);
  r.singular_values.assign(found.values().data(), found.values().data() + found.values().size());
  r.effective_rank = found.effective_rank();
  r.effective_rank_in_float = pion::effective_rank(given.cast<float>());
  pion::SnrSamples samples, more;
  pion::SnrStream stream(0.5);
  samples.add(given);
  more.add(3.0 * given);
  samples.merge(more);
  r.signal = samples.estimate().signal;
  r.noise = samples.estimate().noise;
  stream.add(given);
  stream.add(3.0 * given);
  r.stream_signal = stream.estimate().signal;
  r.stream_noise = stream.estimate().noise;
  return r;
}

}  // namespace
