// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <memory>
#include <pion/optimizer/find_direction.hpp>
#include <pion/optimizer/recipe/recipe.hpp>
#include <pion/optimizer/recipe/run_part.hpp>
#include <pion/optimizer/state.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

/// Parts of a recipe behind one type, so that one step is compiled for all recipes.
///
/// A step that is compiled for a recipe of its own takes a second of compilation for each scalar; a
/// part takes a fraction of that, and many recipes share it. A call through a table is nothing
/// beside a pass over a matrix.
namespace pion::recipes {

/// What a step asks of a momentum form, a rule or a scale, in both scalars.
class Part {
 public:
  template <class T>
  using Matrix = typename optimizer::Buffer<T>::Matrix;

  Part() = default;
  virtual ~Part() = default;
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  virtual int buffers() const = 0;
  virtual optimizer::BufferShape buffer(int i, Index rows, Index cols) const = 0;
  virtual void start(int i, Matrix<float>& zeros) const = 0;
  virtual void start(int i, Matrix<double>& zeros) const = 0;
  virtual void require_valid() const = 0;
  virtual std::string signature() const = 0;

  /// Runs the part. Of a scale, returns what the direction x is to be multiplied by.
  virtual double run(const engine::View<float>& x, const optimizer::Slot<float>* own,
                     optimizer::StepContext<float>& at) const = 0;
  virtual double run(const engine::View<double>& x, const optimizer::Slot<double>* own,
                     optimizer::StepContext<double>& at) const = 0;
};

template <class P, class = void>
inline constexpr bool is_scale = false;
template <class P>
inline constexpr bool is_scale<P, std::void_t<decltype(P::over_norm)>> = true;

/// A part of the type P.
template <class P>
class PartOf final : public Part {
 public:
  explicit PartOf(P part) : part_(std::move(part)) {}

  int buffers() const override { return detail::buffer_count<P>; }
  optimizer::BufferShape buffer(int i, Index rows, Index cols) const override {
    return detail::buffer_shape(part_, i, rows, cols);
  }
  void start(int i, Matrix<float>& zeros) const override { detail::start_buffer(part_, i, zeros); }
  void start(int i, Matrix<double>& zeros) const override { detail::start_buffer(part_, i, zeros); }
  void require_valid() const override { detail::require_valid_part(part_); }
  std::string signature() const override { return detail::part_signature(part_); }

  double run(const engine::View<float>& x, const optimizer::Slot<float>* own,
             optimizer::StepContext<float>& at) const override {
    return run_in(x, own, at);
  }
  double run(const engine::View<double>& x, const optimizer::Slot<double>* own,
             optimizer::StepContext<double>& at) const override {
    return run_in(x, own, at);
  }

 private:
  struct WithoutBlocks {};

  template <class T>
  double run_in(const engine::View<T>& x, const optimizer::Slot<T>* own,
                optimizer::StepContext<T>& at) const {
    if constexpr (is_scale<P>) {
      double norm = 0.0;
      return detail::length_of<DefaultEngine>(WithoutBlocks{}, part_, x, own, at, norm);
    } else {
      detail::run_part<DefaultEngine>(part_, x, own, at);
      return 0.0;
    }
  }

  P part_;
};

inline constexpr unsigned all_needs = optimizer::need::gradient_columns |
                                      optimizer::need::input_columns | optimizer::need::input |
                                      optimizer::need::adaptive_columns;

/// Stands for a part in a Recipe. It claims as many buffers as any part has; those that its part
/// does not have are empty, and in no state.
/// \tparam Needs  what a step keeps for it: nothing, or all_needs.
template <unsigned Needs>
struct AnyPart {
  std::shared_ptr<const Part> part;

  static constexpr int buffers = 6;
  static constexpr unsigned needs = Needs;
  optimizer::BufferShape buffer(int i, Index rows, Index cols) const {
    if (i < part->buffers()) return part->buffer(i, rows, cols);
    return {"", 0, 0, optimizer::Storage::scratch};
  }
  template <class Matrix>
  void start(int i, Matrix& zeros) const {
    if constexpr (std::is_floating_point_v<typename Matrix::Scalar>) part->start(i, zeros);
  }
  void require_valid() const { part->require_valid(); }
  std::string signature() const { return part->signature(); }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const optimizer::Slot<T>* own,
           optimizer::StepContext<T>& at) const {
    part->run(x, own, at);
  }
  template <class Engine, class T>
  double length(const engine::View<T>& x, const optimizer::Slot<T>* own,
                optimizer::StepContext<T>& at) const {
    return part->run(x, own, at);
  }
};

/// The decay forms of published optimisers behind one type.
struct AnyDecay {
  std::variant<optimizer::DecoupledDecay, optimizer::CoupledDecay, optimizer::DecayAfter,
               optimizer::AdaptiveDecay>
      form;

  double retention(double learning_rate) const {
    return std::visit([=](const auto& d) { return d.retention(learning_rate); }, form);
  }
  double in_gradient() const {
    return std::visit([](const auto& d) { return d.in_gradient(); }, form);
  }
  void require_valid() const {
    std::visit([](const auto& d) { d.require_valid(); }, form);
  }
  std::string signature() const {
    return std::visit([](const auto& d) { return d.signature(); }, form);
  }
  template <class W, class X>
  void apply(const W& w, X& x, double kept, double length,
             const engine::View<double>& adaptive) const {
    std::visit([&](const auto& d) { detail::decay_and_move(d, w, x, kept, length, adaptive); },
               form);
  }
};

/// A recipe of any type.
struct AnyParts {
  std::shared_ptr<const Part> rule, momentum, scale;
  AnyDecay decay;
  optimizer::Orientation orientation = optimizer::Orientation::out_in;
  bool has_needs = false;

  template <class R, class M, class S, class D>
  explicit AnyParts(const optimizer::Recipe<R, M, S, D>& recipe)
      : rule(any(recipe.rule)),
        momentum(any(recipe.momentum)),
        scale(any(recipe.scale)),
        decay{recipe.decay},
        orientation(recipe.orientation),
        has_needs(detail::recipe_needs<optimizer::Recipe<R, M, S, D>> != 0) {}

 private:
  template <class P>
  static std::shared_ptr<const Part> any(const P& part) {
    static_assert(detail::buffer_count<P> <= AnyPart<0>::buffers);
    return std::make_shared<PartOf<P>>(part);
  }
};

}  // namespace pion::recipes
