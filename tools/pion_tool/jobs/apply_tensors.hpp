// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <pion/apply/within.hpp>
#include <string>
#include <string_view>

#include "pion_tool/cli/head_options.hpp"
#include "pion_tool/io/tensor.hpp"

namespace pion::tool {

/// Says what was done to one tensor, by one filter, or by the filters of all its heads together.
struct Outcome {
  std::string tensor;
  io::Shape shape;
  Method method = Method::dense;
  Index heads = 0;  ///< 0: filtered whole.
  Index dead = 0;   ///< Filters that killed their update.
  Index rank = 0;
  std::optional<Index> survivors;
  double output_norm = 0.0;
  std::optional<double> bound;
  double seconds = 0.0;
};

/// Filters tensors in place, each in the type that its file has, so that the library rounds it and
/// sees an overflow.
class Filtering {
 public:
  /// With a tolerance and no other method named, the low-rank method is taken, because it proves
  /// its error. \throws io::Error if it is asked for head by head.
  Filtering(Filter filter, Method method, HeadOptions heads,
            std::optional<double> tolerance = std::nullopt);

  /// \throws std::invalid_argument, std::domain_error as apply(); io::Error if it is no matrix.
  Outcome operator()(io::Tensor& tensor);

 private:
  template <class Scalar>
  Outcome run(std::string_view name, const io::Matrix<Scalar>& x, io::Matrix<Scalar>& y);

  Filter filter_;
  Tolerance tolerance_;
  HeadOptions heads_;
  Workspace workspace_;
};

}  // namespace pion::tool
