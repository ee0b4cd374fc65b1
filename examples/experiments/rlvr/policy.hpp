// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "network/attention.hpp"

namespace pion::rlvr {

using network::Index;
using network::Matrix;

/// Tokens of sequences of one length, one sequence after the other.
struct Tokens {
  Index length = 0;
  std::vector<int> ids;

  Index sequences() const { return static_cast<Index>(ids.size()) / length; }
  int& at(Index sequence, Index place) {
    return ids[static_cast<std::size_t>(sequence * length + place)];
  }
  int at(Index sequence, Index place) const {
    return ids[static_cast<std::size_t>(sequence * length + place)];
  }
};

struct Size {
  Index vocabulary = 11;
  Index longest = 12;  ///< Places that have an embedding.
  Index width = 32;
  Index inner = 64;
  Index heads = 4;
  Index layers = 2;
};

/// A causal transformer: embeddings of token and place, layers of attention and a residual block,
/// a normalisation and an output layer.
template <class T>
class Policy {
 public:
  template <class Normal>
  Policy(const Size& size, Normal&& normal) : seen_(static_cast<std::size_t>(size.layers)) {
    embed_ = {"embed", "", {}, {}};
    embed_.initialize(size.width, size.vocabulary, normal);
    place_ = {"place_embed", "", {}, {}};
    place_.initialize(size.width, size.longest, normal);
    layers_.resize(static_cast<std::size_t>(size.layers));
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const std::string name = "layers." + std::to_string(i);
      layers_[i].attention.initialize("", name, size.width, size.heads, normal);
      layers_[i].block.initialize("", name, size.width, size.inner, normal);
    }
    output_ = {"lm_head", "", {}, {}};
    output_.initialize(size.vocabulary, size.width, normal);
  }

  network::Parameters<T> parameters() {
    network::Parameters<T> all = {&embed_, &place_};
    for (Layer& l : layers_) {
      all.insert(all.end(), {&l.attention.q, &l.attention.k, &l.attention.v, &l.attention.o,
                             &l.block.up, &l.block.down});
    }
    all.push_back(&output_);
    return all;
  }

  /// vocabulary x tokens: at each token, the logits of the next.
  Matrix<T> forward(const Tokens& tokens) {
    Matrix<T> x(embed_.value.rows(), static_cast<Index>(tokens.ids.size()));
    for (Index j = 0; j < x.cols(); ++j) {
      x.col(j) = embed_.value.col(tokens.ids[static_cast<std::size_t>(j)]) +
                 place_.value.col(j % tokens.length);
    }
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      x = layers_[i].attention.forward(x, tokens.length, seen_[i].attention);
      x = layers_[i].block.forward(x, seen_[i].block);
    }
    last_ = network::rms_norm(x);
    before_last_ = std::move(x);
    return network::linear(output_, last_);
  }

  /// After forward() of the same tokens: adds to the gradients.
  void backward(const Tokens& tokens, const Matrix<T>& d_logits) {
    Matrix<T> dx = network::rms_norm_backward(before_last_,
                                              network::linear_backward(output_, last_, d_logits));
    for (std::size_t i = layers_.size(); i-- > 0;) {
      dx = layers_[i].block.backward(seen_[i].block, dx);
      dx = layers_[i].attention.backward(seen_[i].attention, tokens.length, dx);
    }
    for (Index j = 0; j < dx.cols(); ++j) {
      embed_.gradient.col(tokens.ids[static_cast<std::size_t>(j)]) += dx.col(j);
      place_.gradient.col(j % tokens.length) += dx.col(j);
    }
  }

 private:
  struct Layer {
    network::Attention<T> attention;
    network::Block<T> block;
  };
  struct Seen {
    typename network::Attention<T>::Seen attention;
    typename network::Block<T>::Seen block;
  };

  network::Parameter<T> embed_, place_, output_;
  std::vector<Layer> layers_;
  std::vector<Seen> seen_;
  Matrix<T> before_last_, last_;
};

}  // namespace pion::rlvr
