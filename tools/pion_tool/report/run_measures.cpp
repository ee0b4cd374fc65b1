// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/run_measures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <pion/detail/finite.hpp>
#include <pion/diagnostics/head_norms.hpp>

namespace pion::tool {
namespace {

std::optional<io::Measured> finite(double value) {
  return detail::is_finite(value) ? std::optional(io::Measured{value, value}) : std::nullopt;
}

/// The variance of the norms of the heads; nothing where there are none, or one is not finite.
std::optional<io::Measured> variance_of(const std::vector<double>& norms) {
  if (norms.empty()) return std::nullopt;
  const auto count = static_cast<Eigen::Index>(norms.size());
  return finite(spread(Eigen::Map<const Eigen::VectorXd>(norms.data(), count)).variance);
}

}  // namespace

std::vector<RunMeasure> run_measures(const io::Run& run) {
  std::vector<RunMeasure> all = {
      {"erank", "effective rank",
       "How many directions the momentum or the gradient uses: exp of the entropy of its singular "
       "values.",
       Scale::logarithmic, [](const io::RunRecord& r) { return r.erank; }},
      {"s1", "σ₁ / ‖X‖",
       "The largest singular value's part of the Frobenius norm. Filters divide the matrix by that "
       "norm and compare the singular values with their cutoff.",
       Scale::linear, [](const io::RunRecord& r) { return r.s1; }},
      {"snr", "SNR",
       "The signal-to-noise ratio of the gradient of a micro-batch: "
       "‖E G‖² / E ‖G − E G‖².",
       Scale::logarithmic,
       [](const io::RunRecord& r) { return r.snr ? finite(*r.snr) : std::nullopt; }},
  };
  for (std::size_t kp = 0; kp < io::run_filters; ++kp) {
    all.push_back({fmt::format("kp{}", kp), fmt::format("kp = {}", kp),
                   fmt::format("How many directions of the momentum or the gradient highpass:kp={} "
                               "passes with a gain above {}.",
                               kp, run.gain),
                   Scale::linear, [kp](const io::RunRecord& r) { return r.survivors.at(kp); }});
  }
  all.push_back({"heads", "heads",
                 "How unequal the heads of the weight are: the variance of their Frobenius norms.",
                 Scale::logarithmic,
                 [](const io::RunRecord& r) { return variance_of(r.head_norms); }});
  all.push_back({"updates", "heads of the update",
                 "The same of what became of the weight since the recording began or went on.",
                 Scale::logarithmic,
                 [](const io::RunRecord& r) { return variance_of(r.head_updates); }});
  const auto missing = [&run](const RunMeasure& m) {
    return std::none_of(run.records.begin(), run.records.end(),
                        [&m](const io::RunRecord& r) { return m.read(r).has_value(); });
  };
  all.erase(std::remove_if(all.begin(), all.end(), missing), all.end());
  return all;
}

std::vector<RunLayer> layers_of(const io::Run& run) {
  std::vector<RunLayer> layers;
  std::map<std::string, std::size_t> number_of;
  for (const io::RunRecord& r : run.records) {
    const auto [found, is_new] = number_of.emplace(r.layer, layers.size());
    if (is_new) layers.push_back({r.layer, {}});
    layers[found->second].records.push_back(&r);
  }
  return layers;
}

std::optional<Course> course_of(const RunLayer& layer, const RunMeasure& measure) {
  std::optional<Course> course;
  for (const io::RunRecord* r : layer.records) {
    const std::optional<io::Measured> found = measure.read(*r);
    if (!found) continue;
    if (!course) course = Course{0, *found, *found, *found, *found};
    ++course->count;
    course->last = *found;
    if (found->value() < course->least.value()) course->least = *found;
    if (found->value() > course->most.value()) course->most = *found;
  }
  return course;
}

std::string to_string(const io::Measured& value) {
  const std::string middle = fmt::format("{:.4g}", value.value());
  if (value.low == value.high) return middle;
  return fmt::format("{} ±{:.2g}", middle, 0.5 * (value.high - value.low));
}

std::vector<std::string> cells_of(const Course& c) {
  return {to_string(c.first), to_string(c.last), to_string(c.least), to_string(c.most)};
}

}  // namespace pion::tool
