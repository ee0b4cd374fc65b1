// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <pion/diagnostics/head_norms.hpp>
#include <utility>

#include "pion_tool/cli/text.hpp"

namespace pion::tool {
namespace {

std::string counted(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// "a", "a and b", "a, b and c".
std::string enumerated(const std::vector<std::string>& items) {
  if (items.size() < 2) return fmt::format("{}", fmt::join(items, ""));
  return fmt::format("{} and {}", fmt::join(items.begin(), items.end() - 1, ", "), items.back());
}

std::string name_of(const PlacedTensor& t) { return printable(short_name(t.finding->info.name)); }

double parameters(const PlacedTensor& t) {
  double product = 1.0;
  for (const std::int64_t extent : t.finding->info.shape) product *= static_cast<double>(extent);
  return product;
}

/// A measure of the matrices that are not zero, in ascending order.
class Ranked {
 public:
  Ranked(const std::vector<PlacedTensor>& tensors, const Measure& measure) : measure_(&measure) {
    for (const PlacedTensor& t : tensors) {
      const Finding& f = *t.finding;
      const std::optional<double> value = measure.value(f);
      if (value && (f.sketch || f.has_spectrum())) all_.emplace_back(*value, &t);
    }
    std::stable_sort(all_.begin(), all_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
  }

  bool empty() const { return all_.empty(); }
  std::size_t size() const { return all_.size(); }
  double middle() const { return all_[(all_.size() - 1) / 2].first; }
  const PlacedTensor& middle_tensor() const { return *all_[(all_.size() - 1) / 2].second; }
  std::string least() const { return said(all_.front()); }
  std::string most() const { return said(all_.back()); }

 private:
  using Item = std::pair<double, const PlacedTensor*>;

  std::string said(const Item& item) const {
    return fmt::format("{} ({})", measure_->text(item.first), name_of(*item.second));
  }

  const Measure* measure_;
  std::vector<Item> all_;
};

std::string of_what(const std::vector<std::string>& files, const std::vector<PlacedTensor>& all) {
  std::size_t measured = 0, problems = 0;
  for (const PlacedTensor& t : all) {
    if (t.finding->measured()) ++measured;
    if (!t.finding->info.problem.empty()) ++problems;
  }
  std::string out = files.size() == 1 ? fmt::format("This is {}. ", printable(files[0]))
                                      : fmt::format("These are {} models. ", files.size());
  out += fmt::format("Of {}, {} measured", counted(all.size(), "tensor", "tensors"),
                     measured == 0 ? "none was"
                     : measured == all.size()
                         ? (measured == 1 ? "it was" : "all were")
                         : fmt::format("{}", measured) + (measured == 1 ? " was" : " were"));
  if (measured < all.size()) {
    out += fmt::format(" and {} not; the last section says why", all.size() - measured);
  }
  out += '.';
  if (problems > 0) {
    out += fmt::format(" {} {} something wrong.", counted(problems, "tensor", "tensors"),
                       problems == 1 ? "has" : "have");
  }
  return out;
}

/// Which optimiser fits how many, and how much of the parameters.
std::string of_suggestions(const std::vector<PlacedTensor>& tensors) {
  std::map<std::string, std::pair<std::size_t, double>> kinds;
  double all = 0.0;
  for (const PlacedTensor& t : tensors) {
    all += parameters(t);
    const Suggestion& s = t.finding->suggestion;
    if (!s.optimizer) continue;
    auto& [count, size] = kinds[std::string(name(*s.optimizer))];
    ++count;
    size += parameters(t);
  }
  if (kinds.empty() || all == 0.0) return "No optimiser is suggested.";
  std::vector<std::string> parts;
  for (const auto& [name, kind] : kinds) {
    parts.push_back(fmt::format("{} for {} with {:.1f} percent of the parameters", name,
                                counted(kind.first, "tensor", "tensors"),
                                100.0 * kind.second / all));
  }
  return fmt::format(
      "Suggested are {}. Pion fits where a few directions stand out of a noise floor, Muon where "
      "all of them carry something, AdamW where nothing stands out, and for what is no hidden "
      "matrix.",
      enumerated(parts));
}

std::string of_effective_rank(const Ranked& erank) {
  if (erank.size() == 1) return fmt::format("The effective rank is {}.", erank.least());
  const auto full = static_cast<double>(erank.middle_tensor().finding->directions());
  return fmt::format(
      "The effective rank, the number of directions that a matrix uses, goes from {} to {}. In the "
      "middle it is {:.1f}, which is {:.0f} percent of what that matrix could have.",
      erank.least(), erank.most(), erank.middle(), 100.0 * erank.middle() / full);
}

/// How the effective rank of the first third of the layers compares with that of the last.
std::string by_depth(const std::vector<PlacedTensor>& tensors, const Measure& erank) {
  std::map<std::int64_t, std::vector<double>> by_layer;
  for (const PlacedTensor& t : tensors) {
    const std::optional<double> value = erank.value(*t.finding);
    if (t.place.layer && value) by_layer[*t.place.layer].push_back(*value);
  }
  if (by_layer.size() < 3) return "";
  const std::size_t third = by_layer.size() / 3;
  std::vector<double> first, last;
  std::size_t number = 0;
  for (const auto& [layer, values] : by_layer) {
    if (number < third) first.insert(first.end(), values.begin(), values.end());
    if (number >= by_layer.size() - third) last.insert(last.end(), values.begin(), values.end());
    ++number;
  }
  const double from = median(std::move(first)), to = median(std::move(last));
  return fmt::format(
      "From the first third of the layers to the last, the middle one {} {:.1f} to "
      "{:.1f}.",
      to > 1.1 * from   ? "rises from"
      : from > 1.1 * to ? "falls from"
                        : "stays about the same,",
      from, to);
}

std::string of_concentration(const Ranked& s1) {
  if (s1.size() == 1)
    return fmt::format("The largest singular value is {} of the norm.", s1.most());
  return fmt::format(
      "The largest singular value is at most {} of the norm of its matrix, and at least {}; in the "
      "middle, {:.2f}.",
      s1.most(), s1.least(), s1.middle());
}

std::string of_survivors(const std::vector<PlacedTensor>& tensors,
                         const std::vector<Measure>& measures) {
  std::vector<std::string> kps, counts;
  for (const Measure& m : measures) {
    if (m.key.substr(0, 2) != "kp") continue;
    const Ranked ranked(tensors, m);
    if (ranked.empty()) continue;
    kps.push_back(m.key.substr(2));
    counts.push_back(fmt::format("{:.0f}", ranked.middle()));
  }
  if (kps.empty()) return "";
  return fmt::format(" With kp of {}, the high-pass keeps {} directions of the middle matrix.",
                     enumerated(kps), enumerated(counts));
}

std::string of_heads(const std::vector<PlacedTensor>& tensors) {
  const PlacedTensor* most = nullptr;
  double part = -1.0;
  for (const PlacedTensor& t : tensors) {
    if (!t.finding->head_norms) continue;
    const double own = relative_deviation(*t.finding->head_norms);
    if (own <= part) continue;
    part = own;
    most = &t;
  }
  if (most == nullptr) return "";
  return fmt::format(
      "The norms of attention heads differ most in {}: their deviation is {:.0f} "
      "percent of their mean.",
      name_of(*most), 100.0 * part);
}

}  // namespace

std::vector<std::string> summary(const std::vector<std::string>& files,
                                 const std::vector<PlacedTensor>& tensors,
                                 const std::vector<Measure>& measures) {
  std::vector<std::string> out = {of_what(files, tensors), of_suggestions(tensors)};
  if (measures.empty()) return out;  // of nothing
  const Ranked erank(tensors, measures.at(0)), s1(tensors, measures.at(1));
  if (erank.empty()) return out;
  out.push_back(of_effective_rank(erank));
  const std::string depth = by_depth(tensors, measures.at(0));
  if (!depth.empty()) out.back() += " " + depth;
  out.push_back(of_concentration(s1) + of_survivors(tensors, measures));
  const std::string heads = of_heads(tensors);
  if (!heads.empty()) out.push_back(heads);
  return out;
}

std::vector<Unmeasured> unmeasured(const std::vector<PlacedTensor>& tensors) {
  std::vector<Unmeasured> all;
  std::map<std::string, std::size_t> group_of;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Finding& f = *tensors[i].finding;
    if (f.measured()) continue;
    const std::string& reason = f.suggestion.reason;
    const auto [group, is_new] = group_of.emplace(reason, all.size());
    if (is_new) all.push_back({reason, !f.info.problem.empty(), {}});
    all[group->second].tensors.push_back(i);
  }
  std::stable_sort(all.begin(), all.end(), [](const Unmeasured& a, const Unmeasured& b) {
    return std::pair(b.problem, b.tensors.size()) < std::pair(a.problem, a.tensors.size());
  });
  return all;
}

}  // namespace pion::tool
