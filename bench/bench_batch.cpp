// SPDX-License-Identifier: Apache-2.0
// Many problems at once: the heads of an attention projection, and a model's list of parameters.
#include "common.hpp"

namespace {

using namespace bench;

const pion::Filter high_pass{pion::chains::high_pass(2)};

/// The matrices of two transformer layers of width 512.
std::vector<Matrix<float>> parameters() {
  std::vector<Matrix<float>> all;
  for (int layer = 0; layer < 2; ++layer) {
    for (const Shape s : {Shape{1536, 512}, {512, 512}, {2048, 512}, {512, 2048}}) {
      all.push_back(momentum<float>(s.rows, s.cols));
    }
  }
  for (int i = 0; i < 16; ++i) all.push_back(momentum<float>(64, 128));
  return all;
}

template <class E>
void add_heads(const std::string& engine) {
  const Index heads = 16, rows = 128, cols = 2048;
  const std::string tail = engine + "/16x128x2048/float";
  add("batch/heads/apply_per_head/" + tail, [=](benchmark::State& state) {
    const Matrix<float> x = momentum<float>(heads * rows, cols);
    Matrix<float> y = x;
    pion::Workspace workspace;
    for (auto _ : state) pion::apply_per_head<E>(high_pass, x, pion::Heads{heads}, y, workspace);
    count_flops<float>(state, 2.0 * static_cast<double>(heads) *
                                  pion::plan<float, E>(high_pass, rows, cols).multiply_adds);
  });
  add("batch/heads/one_by_one/" + tail, [=](benchmark::State& state) {
    const Matrix<float> x = momentum<float>(heads * rows, cols);
    Matrix<float> y = x;
    pion::Workspace workspace;
    for (auto _ : state) {
      for (Index h = 0; h < heads; ++h) {
        pion::apply<E>(high_pass, x.middleRows(h * rows, rows), y.middleRows(h * rows, rows),
                       workspace);
      }
    }
  });
}

template <class E>
void add_parameters(const std::string& engine) {
  add("batch/parameters/apply_batch/" + engine + "/list/float", [=](benchmark::State& state) {
    const auto xs = parameters();
    auto ys = xs;
    pion::BatchWorkspace workspace;
    for (auto _ : state) pion::apply_batch<E>(high_pass, xs, ys, workspace);
  });
  add("batch/parameters/one_by_one/" + engine + "/list/float", [=](benchmark::State& state) {
    const auto xs = parameters();
    auto ys = xs;
    pion::Workspace workspace;
    for (auto _ : state) {
      for (std::size_t i = 0; i < xs.size(); ++i)
        pion::apply<E>(high_pass, xs[i], ys[i], workspace);
    }
  });
}

const bool registered = [] {
  for_each_engine([](const std::string& name, auto tag) {
    add_heads<typename decltype(tag)::Engine>(name);
    add_parameters<typename decltype(tag)::Engine>(name);
  });
  return true;
}();

}  // namespace
