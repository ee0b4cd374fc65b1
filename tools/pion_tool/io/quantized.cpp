// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/quantized.hpp"

#include <algorithm>
#include <pion/optimizer/routing/parameter_names.hpp>

namespace pion::io {
namespace {

/// I64 is left out: counters and positions have it, and no weights.
constexpr std::string_view plain_types[] = {"F64", "F32", "F16", "BF16",
                                            "C64", "I64", "U64", "BOOL"};

bool is_quantized(const TensorInfo& info) {
  return !info.dtype && !info.shape.empty() &&
         std::find(std::begin(plain_types), std::end(plain_types), info.dtype_name) ==
             std::end(plain_types);
}

/// What stands before the last dot of a name.
std::string_view module_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return name.substr(0, dot == name.npos ? 0 : dot);
}

bool has_word(std::string_view part) {
  std::string small(part);
  for (char& c : small) c = 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::any_of(std::begin(optimizer::table_names), std::end(optimizer::table_names),
                     [&](std::string_view word) { return small.find(word) != small.npos; });
}

}  // namespace

QuantizedWeights::QuantizedWeights(const std::vector<TensorInfo>& entries) {
  for (const TensorInfo& info : entries) {
    if (!is_quantized(info)) continue;
    modules_.emplace(std::string(module_of(info.name)), info.name);
    weights_.push_back(info.name);
  }
  std::sort(weights_.begin(), weights_.end());
}

std::string_view QuantizedWeights::owner_of(const TensorInfo& info) const {
  if (weights_.empty() || is_quantized(info)) return {};
  const std::string_view name = info.name;
  for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
    const auto weight = std::lower_bound(weights_.begin(), weights_.end(), name.substr(0, dot));
    if (weight != weights_.end() && *weight == name.substr(0, dot)) return *weight;
  }
  const std::string_view module = module_of(name);
  const auto beside = modules_.find(module);
  const std::size_t dot = module.empty() ? 0 : module.size() + 1;
  return beside != modules_.end() && has_word(name.substr(dot)) ? std::string_view(beside->second)
                                                                : std::string_view();
}

}  // namespace pion::io
