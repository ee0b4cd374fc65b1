// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tuple>
#include <utility>  // std::move

#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/run_part.hpp>

namespace pion {
namespace optimizer {

/// Runs several parts one after another where a recipe has room for one: transforms around a
/// momentum form, or a rule and what is done with its direction.
///
///   Recipe{Sequence{Filtered{...}, NormalizedByMoment{...}}, Sequence{Ema{...}, ClipAtQuantile{}}}
///
/// Its buffers are those of its parts, in order; its signature is theirs, joined by " then ".
template <class... Parts>
struct Sequence {
  std::tuple<Parts...> parts;

  explicit Sequence(Parts... all) : parts(std::move(all)...) {}

  /// The first part: of a rule, that which names the blocks that a scale takes the shapes of.
  const auto& head() const { return std::get<0>(parts); }

  static constexpr int buffers = (0 + ... + detail::buffer_count<Parts>);
  static constexpr unsigned needs = (0U | ... | detail::needs_of<Parts>);

  BufferShape buffer(int i, Index rows, Index cols) const {
    BufferShape found;
    each([&](const auto& part, int j, int at) {
      if (at == i) found = detail::buffer_shape(part, j, rows, cols);
    });
    return found;
  }
  template <class Matrix>
  void start(int i, Matrix& zeros) const {
    each([&](const auto& part, int j, int at) {
      if (at == i) detail::start_buffer(part, j, zeros);
    });
  }
  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    std::apply(
        [&](const auto&... part) {
          ((detail::run_part<Engine>(part, x, own, at),
            own += detail::buffer_count<std::decay_t<decltype(part)>>),
           ...);
        },
        parts);
  }
  void require_valid() const {
    std::apply([](const auto&... part) { (detail::require_valid_part(part), ...); }, parts);
  }
  std::string signature() const {
    std::string text;
    std::apply(
        [&text](const auto&... part) {
          ((text += (text.empty() ? "" : " then ") + detail::part_signature(part)), ...);
        },
        parts);
    return text;
  }

 private:
  template <class F>
  void each(const F& f) const {
    std::apply([&f](const auto&... part) { detail::for_each_buffer_of(0, f, part...); }, parts);
  }
};

}  // namespace optimizer

namespace detail {

template <class Part>
inline constexpr bool is_sequence = false;
template <class... Parts>
inline constexpr bool is_sequence<optimizer::Sequence<Parts...>> = true;

}  // namespace detail
}  // namespace pion
