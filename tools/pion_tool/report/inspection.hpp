// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <pion/diagnostics/power_law.hpp>
#include <pion/diagnostics/sketch.hpp>
#include <pion/diagnostics/spectrum.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "pion_tool/cli/head_options.hpp"
#include "pion_tool/io/checkpoint.hpp"
#include "pion_tool/io/matrix_parts.hpp"
#include "pion_tool/report/suggestion.hpp"

namespace pion::tool {

/// How many filters a matrix is looked at through: highpass:kp=0, highpass:kp=1 and so on.
inline constexpr int filters = most_promotions + 1;

/// What is looked at: a matrix in a tensor, or a tensor that holds none.
struct Subject {
  io::TensorInfo tensor;
  std::optional<io::MatrixPart> matrix;
};

/// The subjects of a tensor: its matrices, if its values can be read.
std::vector<Subject> subjects_of(const io::TensorInfo& tensor, const io::PartPatterns& patterns);

/// How subjects are looked at.
struct Look {
  HeadOptions heads;
  double gain = survivor_gain;            ///< A direction survives when its gain exceeds this.
  const io::Checkpoint* minus = nullptr;  ///< What is subtracted first; null for nothing.
  std::optional<double> within;           ///< How exact a sketch is to be; else exact values.
};

/// Holds what was found about one subject. The optionals are empty if it is no matrix.
struct Finding {
  /// Of a matrix in a tensor of more dimensions, the name and the shape are the matrix's own. Its
  /// `problem` is also that of the values: one is not finite.
  io::TensorInfo info;
  io::TensorInfo stored;  ///< The tensor as the file has it.
  std::optional<Spectrum> spectrum;
  std::optional<SketchedSpectrum> sketch;     ///< In its place, where it was cheaper.
  std::optional<PowerLaw> power_law;          ///< Of the spectrum, where its tail has one.
  std::array<Index, filters> survivors{};     ///< For each kp.
  std::optional<Eigen::VectorXd> head_norms;  ///< For attention projections, where heads are given.
  /// The same of the two whose difference was looked at, the earlier first.
  std::optional<std::array<Eigen::VectorXd, 2>> head_norms_of_both;
  Suggestion suggestion;

  bool measured() const { return spectrum || sketch; }
  /// Whether there is a spectrum to draw: a matrix of zeros has none.
  bool has_spectrum() const { return spectrum && spectrum->largest() > 0.0; }
  /// How many singular values the matrix has.
  std::int64_t directions() const { return std::min(info.shape.at(0), info.shape.at(1)); }
};

/// Measures a subject, and suggests its optimiser. One that cannot be measured has a problem and no
/// suggestion; nor has a sketch.
/// \param shard  the file of the model that holds it.
/// \param owner  the quantised weight that the tensor belongs to, so that it is no matrix; or
///               empty.
/// \throws std::invalid_argument where the heads do not fit.
Finding look_at(const io::Checkpoint& model, const io::TensorFile& shard, const Subject& subject,
                std::string_view owner, const Look& look);

/// The shape, and for a tensor that was flattened to it, the tensor's.
std::string shape_text(const Finding& finding);

/// The deviation of the norms of heads, as a part of their mean; 0 where that is 0.
double relative_deviation(const Eigen::VectorXd& norms);

/// "8 ±23%": how many heads there are, and how far their norms lie apart.
std::string head_spread(const Eigen::VectorXd& norms);

}  // namespace pion::tool
