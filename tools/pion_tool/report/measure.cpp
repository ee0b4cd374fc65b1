// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace pion::tool {

std::string Measure::text(double value) const { return fmt::format("{:.{}f}", value, decimals); }

std::optional<double> Measure::value(const Finding& f) const {
  const std::optional<Estimate> found = read(f);
  return found ? std::optional(found->value()) : std::nullopt;
}

std::string Measure::text(const Finding& f) const {
  const std::optional<Estimate> found = read(f);
  if (!found) return "";
  const std::string half = text(0.5 * (found->high - found->low));
  return text(found->value()) + (half == text(0.0) ? "" : " ±" + half);
}

namespace {

Estimate exactly(double value) { return {value, value}; }

std::optional<Estimate> effective_rank_of(const Finding& f) {
  if (f.spectrum) return exactly(f.spectrum->effective_rank());
  if (f.sketch) return f.sketch->effective_rank();
  return std::nullopt;
}

/// The stable rank is its inverse square.
std::optional<Estimate> concentration_of(const Finding& f) {
  if (f.spectrum) return exactly(f.spectrum->concentration());
  if (!f.sketch) return std::nullopt;
  const Estimate stable = f.sketch->stable_rank();
  return Estimate{1.0 / std::sqrt(stable.high), 1.0 / std::sqrt(stable.low)};
}

std::optional<Estimate> alpha_of(const Finding& f) {
  return f.power_law ? std::optional(exactly(f.power_law->alpha)) : std::nullopt;
}

}  // namespace

std::vector<Measure> measures(double gain, const std::vector<PlacedTensor>& tensors) {
  std::vector<Measure> all = {
      {"erank", "effective rank",
       "How many directions the matrix uses: exp of the entropy of "
       "its singular values.",
       Scale::logarithmic, 1, true, effective_rank_of},
      {"s1", "σ₁ / ‖X‖",
       "The largest singular value's part of the Frobenius norm. Filters divide "
       "the matrix by that norm and compare the singular values with their cutoff.",
       Scale::linear, 2, false, concentration_of},
      {"alpha", "power law α",
       "The exponent of the power law that fits the largest eigenvalues of X Xᵀ best, as "
       "WeightWatcher fits it. Of a weight that was trained well it mostly lies between 2 and 6.",
       Scale::logarithmic, 2, false, alpha_of},
  };
  for (int kp = 0; kp < filters; ++kp) {
    all.push_back(
        {fmt::format("kp{}", kp), fmt::format("kp = {}", kp),
         fmt::format("How many directions highpass:kp={} passes with a gain above {}.", kp, gain),
         Scale::logarithmic, 0, true, [kp](const Finding& f) {
           const Index count = f.survivors.at(static_cast<std::size_t>(kp));
           return f.spectrum ? std::optional(exactly(static_cast<double>(count))) : std::nullopt;
         }});
  }
  const auto measured = [&](const Measure& m) {
    return std::any_of(tensors.begin(), tensors.end(),
                       [&](const PlacedTensor& t) { return m.read(*t.finding).has_value(); });
  };
  all.erase(std::remove_if(all.begin(), all.end(), std::not_fn(measured)), all.end());
  return all;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0.0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace pion::tool
