// SPDX-License-Identifier: Apache-2.0
#include <pion/optimizer/presets/filtering.hpp>
#include <pion/optimizer/presets/low_rank.hpp>
#include <pion/optimizer/presets/within.hpp>

#include "pion_tool/recipes/catalogue.hpp"
#include "pion_tool/recipes/part_options.hpp"

/// Muon and Pion: a filter of the momentum, and what compresses it.
namespace pion::recipes {

/// A scale of the shape of one head.
template <class Scale>
struct OfOneHead {
  optimizer::FilteredPerHead<> rule;
  Scale scale;

  static constexpr bool over_norm = false;
  void require_valid() const { detail::require_valid_part(scale); }
  double factor(Index rows, Index cols, const optimizer::Direction& direction) const {
    const optimizer::Block head = rule.scale_block(rows, cols, 0);
    return scale.factor(head.rows, head.cols, direction);
  }
  std::string signature() const { return scale.signature(); }
};

inline void take(Options&, optimizer::FilteredPerHead<>&) {}
template <class Scale>
void take(Options& o, OfOneHead<Scale>& scale) {
  take(o, scale.scale);
}
inline void take(Options& o, optimizer::PolarFactor<Leading>& rule) {
  o.take("rank", rule.selection.rank);
}
inline void take(Options& o, optimizer::PolarFactor<AboveNoise>& rule) {
  bool keep_all = rule.selection.otherwise == NothingStandsOut::keep_all;
  o.take("keep_all", keep_all);
  if (keep_all) rule.selection.otherwise = NothingStandsOut::keep_all;
}

namespace {

using optimizer::Filtered;
using optimizer::Recipe;

/// The preset, with the filter that is given.
template <class M, class S, class D>
AnyParts filtering(const Given& given, const Recipe<Filtered, M, S, D>& preset, Options& o) {
  return made(Recipe{given.rule(), preset.momentum, preset.scale, preset.decay, preset.orientation},
              o);
}

/// The same, head by head.
template <class Preset>
AnyParts per_head(const Given& given, const Preset& preset_of, Options& o) {
  Heads heads{1, Axis::rows};
  bool by_cols = false;
  o.take("heads", heads.count);
  o.take("by_cols", by_cols);
  if (by_cols) heads.axis = Axis::cols;
  auto preset = preset_of(heads);
  preset.rule.filter = *given.filter;
  return made(Recipe{preset.rule, preset.momentum,
                     OfOneHead<decltype(preset.scale)>{preset.rule, preset.scale}, preset.decay,
                     preset.orientation},
              o);
}

}  // namespace

std::vector<NamedRecipe> filtering_recipes() {
  namespace presets = optimizer::presets;
  constexpr unsigned exact = takes::exact | takes::tolerance, high_pass = takes::tolerance;
  return {
      {"muon",
       {},
       "muon",
       exact,
       [](const Given& g, Options& o) { return filtering(g, presets::muon(), o); }},
      {"muon_jordan", 0.02, "muon", exact,
       [](const Given& g, Options& o) { return filtering(g, presets::muon_jordan(), o); }},
      {"moonlight",
       {},
       "muon",
       exact,
       [](const Given& g, Options& o) { return filtering(g, presets::moonlight(), o); }},
      {"muon_torch", 1e-3, "muon", exact,
       [](const Given& g, Options& o) { return filtering(g, presets::muon_torch(), o); }},
      {"muon_torch_rms", 1e-3, "muon", exact,
       [](const Given& g, Options& o) { return filtering(g, presets::muon_torch_rms(), o); }},
      {"muon_torch_spectral", 1e-3, "muon", exact,
       [](const Given& g, Options& o) {
         const auto preset = presets::muon_torch();
         return filtering(
             g, Recipe{preset.rule, preset.momentum, optimizer::SpectralScale{}, preset.decay}, o);
       }},
      {"m_sgd_z", 7e-3, "muon:steps=15", exact,
       [](const Given& g, Options& o) { return filtering(g, presets::m_sgd_z(), o); }},
      {"adam_z", 7e-3, "muon:steps=15", exact,
       [](const Given& g, Options& o) { return filtering(g, presets::adam_z(), o); }},
      {"lr_muon", {}, "", 0, [](const Given&, Options& o) { return made(presets::lr_muon(), o); }},
      {"lp_muon",
       {},
       "lowpass:tau=0.5",
       0,
       [](const Given& g, Options& o) { return filtering(g, presets::lp_muon(), o); }},
      {"pion", 1e-4, "highpass:kp=2", high_pass,
       [](const Given& g, Options& o) { return filtering(g, presets::pion(), o); }},
      {"pion_paper", 1e-4, "highpass:kp=2", high_pass,
       [](const Given& g, Options& o) { return filtering(g, presets::pion_paper(), o); }},
      {"pion_vla_paper", 1e-4, "highpass:kp=2", high_pass,
       [](const Given& g, Options& o) { return filtering(g, presets::pion_vla_paper(), o); }},
      {"pion_released",
       {},
       "highpass:kp=0",
       high_pass,
       [](const Given& g, Options& o) { return filtering(g, presets::pion_released(), o); }},
      {"pion_vla", 1e-4, "highpass:kp=0", high_pass,
       [](const Given& g, Options& o) { return filtering(g, presets::pion_vla(), o); }},
      {"pion_openpi", 2.5e-5, "highpass:kp=0", high_pass,
       [](const Given& g, Options& o) { return filtering(g, presets::pion_openpi(), o); }},
      {"pion_rlvr_whole", 1e-6, "highpass:kp=0", high_pass,
       [](const Given& g, Options& o) { return filtering(g, presets::pion_rlvr_whole(), o); }},
      {"pion_per_head", 1e-4, "highpass:kp=2", 0,
       [](const Given& g, Options& o) {
         return per_head(
             g, [](const Heads& h) { return presets::pion_per_head(h); }, o);
       }},
      {"pion_rlvr", 1e-6, "highpass:kp=0", 0,
       [](const Given& g, Options& o) {
         return per_head(
             g, [](const Heads& h) { return presets::pion_rlvr(h); }, o);
       }},
      {"pion_within", 1e-4, "highpass:kp=2", high_pass,
       [](const Given& g, Options& o) {
         Given within = g;
         if (!within.tolerance) within.tolerance = Tolerance{}.error;
         return filtering(within, presets::pion_paper(), o);
       }},
      {"pion_above_noise", 1e-4, "", 0,
       [](const Given&, Options& o) { return made(presets::pion_above_noise(), o); }},
  };
}

}  // namespace pion::recipes
