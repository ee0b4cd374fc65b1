// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/layers.hpp"

namespace pion::action_head {

using network::Index;
using network::Matrix;

inline constexpr Index action_size = 7;  ///< As an arm's: translation, rotation, gripper.

/// What the policy is asked: an image and an instruction a column. For flow matching also a point
/// on the way from noise to the action, and its time; both without columns for regression.
template <class T>
struct Question {
  Matrix<T> images;        ///< 64 x n.
  Matrix<T> instructions;  ///< One-hot, instructions x n.
  Matrix<T> points = {};   ///< action_size x n.
  Matrix<T> times = {};    ///< 1 x n, in [0, 1].
};

/// A vision-language-action policy in small: an embedding and a residual block for the image, the
/// same for the instruction, their sum, and an action head of two residual blocks and an output
/// layer. Names end as the paper's assignment has it: "embed" and "lm_head" are not for matrix
/// rules.
template <class T>
class Policy {
 public:
  template <class Normal>
  Policy(Index width, Index instructions, Normal&& normal) {
    vision_embed_ = {"vision.embed", "vision", {}, {}};
    vision_embed_.initialize(width, 64, normal);
    vision_.initialize("vision", "vision.0", width, width, normal);
    language_embed_ = {"language.embed", "language", {}, {}};
    language_embed_.initialize(width, instructions, normal);
    language_.initialize("language", "language.0", width, width, normal);
    action_embed_ = {"action.embed", "action", {}, {}};
    action_embed_.initialize(width, action_size + 1, normal);
    action_.resize(2);
    action_[0].initialize("action", "action.0", width, width, normal);
    action_[1].initialize("action", "action.1", width, width, normal);
    output_ = {"action.lm_head", "action", {}, {}};
    output_.initialize(action_size, width, normal);
  }

  network::Parameters<T> parameters() {
    network::Parameters<T> all = {&vision_embed_, &vision_.up,     &vision_.down, &language_embed_,
                                  &language_.up,  &language_.down, &action_embed_};
    for (network::Block<T>& block : action_) all.insert(all.end(), {&block.up, &block.down});
    all.push_back(&output_);
    return all;
  }

  /// action_size x n: actions, or velocities at the points.
  Matrix<T> forward(const Question<T>& q) {
    Matrix<T> x =
        vision_.forward(network::linear(vision_embed_, q.images), seen_vision_) +
        language_.forward(network::linear(language_embed_, q.instructions), seen_language_);
    if (q.points.cols() > 0) {
      place_.resize(action_size + 1, q.points.cols());
      place_ << q.points, q.times;
      x += network::linear(action_embed_, place_);
    }
    for (std::size_t i = 0; i < 2; ++i) x = action_[i].forward(x, seen_action_[i]);
    last_ = network::rms_norm(x);
    before_last_ = std::move(x);
    return network::linear(output_, last_);
  }

  /// After forward() of the same question: adds to the gradients.
  void backward(const Question<T>& q, const Matrix<T>& dy) {
    Matrix<T> dx =
        network::rms_norm_backward(before_last_, network::linear_backward(output_, last_, dy));
    for (std::size_t i = 2; i-- > 0;) dx = action_[i].backward(seen_action_[i], dx);
    if (q.points.cols() > 0) network::linear_backward(action_embed_, place_, dx);
    network::linear_backward(vision_embed_, q.images, vision_.backward(seen_vision_, dx));
    network::linear_backward(language_embed_, q.instructions,
                             language_.backward(seen_language_, dx));
  }

 private:
  network::Parameter<T> vision_embed_, language_embed_, action_embed_, output_;
  network::Block<T> vision_, language_;
  std::vector<network::Block<T>> action_;
  typename network::Block<T>::Seen seen_vision_, seen_language_, seen_action_[2];
  Matrix<T> place_, before_last_, last_;
};

}  // namespace pion::action_head
