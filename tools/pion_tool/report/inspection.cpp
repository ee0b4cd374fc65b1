// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/inspection.hpp"

#include <fmt/format.h>

#include <pion/diagnostics/head_norms.hpp>
#include <pion/filter/chains.hpp>

#include "pion_tool/io/tensor_errors.hpp"
#include "pion_tool/jobs/svd.hpp"

namespace pion::tool {
namespace {

/// Of the head that a rising cutoff would be the first to lose.
template <class Scalar>
Outstanding weakest_head(const Eigen::Map<const io::RowMajor<Scalar>>& x, const Heads& heads,
                         double epsilon) {
  Outstanding weakest;
  for (Index i = 0; i < heads.count; ++i) {
    const auto head = head_block(x, heads, i);
    const Outstanding own =
        outstanding_directions(spectrum_of<Scalar>(head), head.rows(), head.cols(), epsilon);
    if (own.count == 0) {
      weakest.directions = own.directions;  // nothing to lose
    } else if (weakest.count == 0 || own.faintest < weakest.faintest) {
      weakest = own;
    }
  }
  return weakest;
}

/// Fills in what is read off the spectrum of the rows x cols matrix.
void read_off(Index rows, Index cols, double epsilon, double gain, Finding& f, Measured& m) {
  for (std::size_t kp = 0; kp < f.survivors.size(); ++kp) {
    f.survivors[kp] = f.spectrum->survivors({chains::high_pass(static_cast<int>(kp))}, gain);
  }
  m.zero = f.spectrum->largest() == 0.0;
  m.outstanding = outstanding_directions(*f.spectrum, rows, cols, epsilon);
}

template <class Scalar>
void measure(io::Tensor tensor, double epsilon, const HeadOptions& options, double gain, Finding& f,
             Measured& m) {
  const auto x = io::matrix_in<Scalar>(tensor);
  f.spectrum = spectrum_of<Scalar>(x);
  read_off(x.rows(), x.cols(), epsilon, gain, f, m);
  if (const auto heads = heads_of(f.info.name, options)) {
    f.head_norms = head_norms(x, *heads);
    m.outstanding = weakest_head<Scalar>(x, *heads, epsilon);
    m.per_head = true;
  }
}

}  // namespace

Finding look_at(const io::TensorFile& file, const io::TensorInfo& info, std::string_view owner,
                const HeadOptions& options, double gain) {
  Finding f;
  f.info = info;
  Suggestion& s = f.suggestion;
  if (!info.problem.empty()) {
    s.reason = info.problem;
    return f;
  }
  if (!owner.empty()) {
    s.reason = fmt::format("it belongs to the quantised weight {}: not measured", io::quote(owner));
    return f;
  }
  if (!info.dtype) {  // integers: nothing that a gradient step changes
    s.reason = fmt::format("values of type {} are not measured", info.dtype_name);
    return f;
  }
  Measured m;
  m.name = info.name;
  m.shape = info.shape;
  if (is_matrix(info)) {
    try {
      io::detail::with_type(*info.dtype, [&](auto stored) {
        measure<decltype(stored)>(file.load(info.name), io::epsilon_of(*info.dtype), options, gain,
                                  f, m);
      });
    } catch (const std::domain_error& not_finite) {
      f = {};
      f.info = info;
      f.info.problem = f.suggestion.reason = reason_in(not_finite.what());
      return f;
    }
  }
  s = suggest(m);
  return f;
}

}  // namespace pion::tool
