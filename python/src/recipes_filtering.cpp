// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <pion/optimizer/presets/filtering.hpp>
#include <pion/optimizer/presets/within.hpp>

#include "recipe.hpp"

/// Muon and Pion: a filter of the momentum, exact or within a tolerance.
///
/// Their momentum and scale are chosen when the program runs: a recipe of each combination would
/// be compiled by itself, for seconds.
namespace pion::python {
namespace {

using optimizer::Ema;
using optimizer::HeavyBall;

struct EmaOrHeavyBall {
  bool ema = true;
  double momentum = 0.95;
  bool nesterov = false;

  static constexpr int buffers = 1;
  template <class F>
  auto with(const F& f) const {
    return ema ? f(Ema{momentum, nesterov}) : f(HeavyBall{momentum, nesterov});
  }
  void require_valid() const {
    with([](const auto& form) { form.require_valid(); });
  }
  std::string signature() const {
    return with([](const auto& form) { return form.signature(); });
  }
  template <class X, class M>
  void advance(std::int64_t t, X& x, M& first, M& second) const {
    with([&](const auto& form) { form.advance(t, x, first, second); });
  }
};

/// A scale that depends on the shape alone.
struct ShapeScale {
  enum Kind { unscaled, jordan, sqrt_max, spectral };
  Kind kind = unscaled;
  double multiple = 1.0;

  static constexpr bool over_norm = false;
  template <class F>
  auto with(const F& f) const {
    switch (kind) {
      case jordan: return f(optimizer::JordanScale{});
      case sqrt_max: return f(optimizer::SqrtMaxScale{1.0});
      case spectral: return f(optimizer::SpectralScale{1.0});
      case unscaled: break;
    }
    return f(optimizer::Unscaled{});
  }
  void require_valid() const { detail::require_nonnegative("the scale", multiple); }
  double factor(Index rows, Index cols, const optimizer::Direction& direction) const {
    return multiple * with([&](const auto& s) { return s.factor(rows, cols, direction); });
  }
  std::string signature() const {
    return with([](const auto& s) { return s.signature(); });
  }
};

/// The recipe with the filter given, or with that of the preset.
ScalarRecipes filtering(const Given& given, Options& options, const Chain& chain,
                        const EmaOrHeavyBall& momentum, const ShapeScale& scale, double decay) {
  using namespace optimizer;
  const Filter filter = given.filter.value_or(Filter{chain});
  const DecoupledDecay decays{decay};
  if (!given.tolerance) {
    return with_options(Recipe{Filtered{filter}, momentum, scale, decays}, options);
  }
  Tolerance tolerance;
  tolerance.error = *given.tolerance;
  detail::require_valid(tolerance);
  return with_options(Recipe{FilteredWithin{filter, tolerance}, momentum, scale, decays}, options);
}

}  // namespace

std::vector<NamedRecipe> filtering_recipes() {
  return {
      {"muon", 1e-3, Takes::filter_and_tolerance,
       [](const Given& g, Options& o) {
         return filtering(g, o, chains::muon(), {true, 0.95, true}, {ShapeScale::jordan}, 0.1);
       }},
      {"muon_rms", 1e-3, Takes::filter_and_tolerance,
       [](const Given& g, Options& o) {
         return filtering(g, o, chains::muon(), {true, 0.95, true}, {ShapeScale::sqrt_max, 0.2},
                          0.1);
       }},
      {"muon_spectral", 1e-3, Takes::filter_and_tolerance,
       [](const Given& g, Options& o) {
         return filtering(g, o, chains::muon(), {true, 0.95, true}, {ShapeScale::spectral}, 0.1);
       }},
      {"moonlight", 1e-3, Takes::filter_and_tolerance,
       [](const Given& g, Options& o) {
         return filtering(g, o, chains::muon(), {false, 0.95, true}, {ShapeScale::sqrt_max, 0.2},
                          0.1);
       }},
      {"scion", 1e-3, Takes::filter_and_tolerance,
       [](const Given& g, Options& o) {
         return filtering(g, o, chains::muon(), {true, 0.9, false}, {ShapeScale::spectral, 50.0},
                          1.0);
       }},
      {"pion", 1e-4, Takes::filter_and_tolerance,
       [](const Given& g, Options& o) {
         return filtering(g, o, chains::high_pass(2), {false, 0.95, false}, {}, 0.0);
       }},
      {"pion_rms", 1e-4, Takes::filter_and_tolerance,
       [](const Given& g, Options& o) {
         return filtering(g, o, chains::high_pass(2), {true, 0.95, true},
                          {ShapeScale::sqrt_max, 0.2}, 0.01);
       }},
  };
}

}  // namespace pion::python
