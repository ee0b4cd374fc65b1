// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pion_tool/io/tensor.hpp"

namespace pion::io {

/// Which tensors of a file belong to a quantised weight: tables of scales, zero points, group
/// indices, code books. They are matrices of floats like weights, and no weights: to filter them
/// would spoil the model.
///
/// A quantised weight is a tensor of one dimension or more whose values are integers of at most 32
/// bits, floats of at most 8, or of an unknown type. To it belongs a tensor of floats whose name
/// goes on after its name and a dot ("w.weight.absmax" beside "w.weight"), and one of the same
/// module with a word such as "scale" or "zero" in the last part of its name ("w.weight_scale"
/// beside "w.weight", "m.scales" beside "m.qweight").
class QuantizedWeights {
 public:
  explicit QuantizedWeights(const std::vector<TensorInfo>& entries);

  /// The name of the quantised weight that the tensor belongs to; empty where there is none. It is
  /// this object's memory.
  std::string_view owner_of(const TensorInfo& info) const;

 private:
  std::map<std::string, std::string, std::less<>> modules_;  // to the first weight of each
  std::vector<std::string> weights_;                         // sorted
};

}  // namespace pion::io
