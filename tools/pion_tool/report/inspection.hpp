// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <array>
#include <optional>
#include <pion/diagnostics/spectrum.hpp>
#include <string>

#include "pion_tool/cli/head_options.hpp"
#include "pion_tool/io/formats.hpp"
#include "pion_tool/report/suggestion.hpp"

namespace pion::tool {

/// The filters that a matrix is looked at through: highpass:kp=0 and so on.
inline constexpr int filters = most_promotions + 1;

/// What there is to say about one tensor. The optionals are empty for what is no matrix.
struct Finding {
  std::string file;
  io::TensorInfo info;
  std::optional<Spectrum> spectrum;
  std::array<Index, filters> survivors{};     ///< For each kp.
  std::optional<Eigen::VectorXd> head_norms;  ///< For attention projections, where heads are given.
  Suggestion suggestion;
};

/// Measures a tensor, and suggests its optimiser. A direction survives when its gain exceeds
/// `gain`.
Finding look_at(const std::string& path, const io::TensorFile& file, const io::TensorInfo& info,
                const HeadOptions& heads, double gain);

}  // namespace pion::tool
