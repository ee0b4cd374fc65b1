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
Outstanding weakest_head(const io::Matrix<double>& x, const Heads& heads) {
  Outstanding weakest;
  for (Index i = 0; i < heads.count; ++i) {
    const auto head = head_block(x, heads, i);
    const Outstanding own = outstanding_directions(spectrum_of(head), head.rows(), head.cols());
    if (own.count == 0) {
      weakest.directions = own.directions;  // nothing to lose
    } else if (weakest.count == 0 || own.faintest < weakest.faintest) {
      weakest = own;
    }
  }
  return weakest;
}

}  // namespace

Finding look_at(const std::string& path, const io::TensorFile& file, const io::TensorInfo& info,
                const HeadOptions& options, double gain) {
  Finding f;
  f.file = path;
  f.info = info;
  if (!info.dtype) {  // integers: nothing that a gradient step changes
    f.suggestion.reason = fmt::format("values of type {} are not measured", info.dtype_name);
    return f;
  }
  Measured m;
  m.name = info.name;
  m.shape = info.shape;
  if (is_matrix(info)) {
    const auto x = io::to_matrix<double>(file.load(info.name));
    f.spectrum = spectrum_of(x);
    for (std::size_t kp = 0; kp < f.survivors.size(); ++kp) {
      f.survivors[kp] = f.spectrum->survivors({chains::high_pass(static_cast<int>(kp))}, gain);
    }
    m.zero = f.spectrum->largest() == 0.0;
    m.outstanding = outstanding_directions(*f.spectrum, x.rows(), x.cols());
    if (const auto heads = heads_of(info.name, options)) {
      f.head_norms = head_norms(x, *heads);
      m.outstanding = weakest_head(x, *heads);
      m.per_head = true;
    }
  }
  f.suggestion = suggest(m);
  return f;
}

}  // namespace pion::tool
