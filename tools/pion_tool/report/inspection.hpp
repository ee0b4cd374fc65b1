// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <array>
#include <optional>
#include <pion/diagnostics/spectrum.hpp>
#include <string>
#include <string_view>

#include "pion_tool/cli/head_options.hpp"
#include "pion_tool/io/formats.hpp"
#include "pion_tool/report/suggestion.hpp"

namespace pion::tool {

/// How many filters a matrix is looked at through: highpass:kp=0, highpass:kp=1 and so on.
inline constexpr int filters = most_promotions + 1;

/// Holds what was found about one tensor. The optionals are empty if it is no matrix.
struct Finding {
  io::TensorInfo info;  ///< Its `problem` is also that of the values: one is not finite.
  std::optional<Spectrum> spectrum;
  std::array<Index, filters> survivors{};     ///< For each kp.
  std::optional<Eigen::VectorXd> head_norms;  ///< For attention projections, where heads are given.
  Suggestion suggestion;
};

/// Measures a tensor, and suggests its optimiser. A direction survives when its gain exceeds
/// `gain`. A tensor that cannot be measured has a problem and no suggestion.
/// \param owner  the quantised weight that the tensor belongs to, so that it is no matrix; or
///               empty.
/// \throws std::invalid_argument where the heads do not fit.
Finding look_at(const io::TensorFile& file, const io::TensorInfo& info, std::string_view owner,
                const HeadOptions& heads, double gain);

}  // namespace pion::tool
